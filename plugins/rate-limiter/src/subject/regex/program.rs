//! The steps that an expression becomes.

/// An expression as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Node {
    /// Nothing.
    Empty,
    /// One letter of a set.
    Letter(Set),
    /// A place, not a letter.
    Assert(Assertion),
    /// One after the other.
    All(Vec<Node>),
    /// One of several.
    Any(Vec<Node>),
    /// So many times, up to `most` or without end.
    Repeat { node: Box<Node>, least: u32, most: Option<u32> },
}

/// Letters by ranges, both ends included.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Set {
    pub(super) ranges: Vec<(char, char)>,
    pub(super) negated: bool,
}

/// What must be around a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Assertion {
    Start,
    End,
    Boundary,
    NoBoundary,
}

/// One step. Where nothing else is said, the next one follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Letter(Set),
    Assert(Assertion),
    Jump(usize),
    Split(usize, usize),
    Match,
}

/// All steps of an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Program(Vec<Step>);

/// Bounds what one request's match may cost, and what `((a{99}){99}){99}` takes to compile.
const MAX_STEPS: usize = 5_000;

impl Set {
    pub(super) fn contains(&self, letter: char) -> bool {
        self.ranges.iter().any(|(from, to)| (*from..=*to).contains(&letter)) != self.negated
    }
}

impl Program {
    pub(super) fn compile(node: &Node) -> Result<Self, &'static str> {
        let mut program = Self(Vec::new());
        program.add(node)?;
        program.push(Step::Match)?;
        Ok(program)
    }

    pub(super) fn steps(&self) -> &[Step] {
        &self.0
    }

    fn push(&mut self, step: Step) -> Result<usize, &'static str> {
        if self.0.len() >= MAX_STEPS {
            return Err("the expression is too large");
        }
        self.0.push(step);
        Ok(self.0.len().saturating_sub(1))
    }

    fn set(&mut self, place: usize, step: Step) {
        if let Some(found) = self.0.get_mut(place) {
            *found = step;
        }
    }

    fn add(&mut self, node: &Node) -> Result<(), &'static str> {
        match node {
            Node::Empty => {}
            Node::Letter(set) => drop(self.push(Step::Letter(set.clone()))?),
            Node::Assert(assertion) => drop(self.push(Step::Assert(*assertion))?),
            Node::All(nodes) => nodes.iter().try_for_each(|node| self.add(node))?,
            Node::Any(nodes) => self.add_any(nodes)?,
            Node::Repeat { node, least, most } => {
                for _ in 0..*least {
                    self.add(node)?;
                }
                match most {
                    None => {
                        let split = self.push(Step::Match)?;
                        self.add(node)?;
                        let end = self.push(Step::Jump(split))?;
                        self.set(split, Step::Split(split.saturating_add(1), end.saturating_add(1)));
                    }
                    Some(most) => {
                        for _ in *least..*most {
                            let split = self.push(Step::Match)?;
                            self.add(node)?;
                            self.set(split, Step::Split(split.saturating_add(1), self.0.len()));
                        }
                    }
                }
            }
        }
        Ok(())
    }

    fn add_any(&mut self, nodes: &[Node]) -> Result<(), &'static str> {
        let mut ends = Vec::new();
        for (number, node) in (1_usize..).zip(nodes) {
            if number == nodes.len() {
                self.add(node)?;
                break;
            }
            let split = self.push(Step::Match)?;
            self.add(node)?;
            ends.push(self.push(Step::Match)?);
            self.set(split, Step::Split(split.saturating_add(1), self.0.len()));
        }
        let end = self.0.len();
        ends.into_iter().for_each(|place| self.set(place, Step::Jump(end)));
        Ok(())
    }
}
