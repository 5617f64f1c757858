//! A document, taken apart: headings with their anchors, links, code blocks, and code inside sentences.

use crate::{files, read};
use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};
use std::fmt;
use std::path::PathBuf;

pub(crate) struct Page {
    /// From the root of the workspace.
    pub(crate) path: PathBuf,
    pub(crate) text: String,
    pub(crate) headings: Vec<Heading>,
    pub(crate) links: Vec<String>,
    pub(crate) blocks: Vec<Block>,
    /// Code between backticks.
    pub(crate) code: Vec<String>,
}

pub(crate) struct Heading {
    pub(crate) level: u8,
    pub(crate) anchor: String,
}

pub(crate) struct Block {
    /// The word behind the fence, such as `sh`; empty without one.
    pub(crate) language: String,
    pub(crate) text: String,
}

/// Every document of the workspace.
pub(crate) fn all() -> Vec<Page> {
    files(".md").into_iter().map(|path| Page::parse(path.clone(), read(&path))).collect()
}

impl Page {
    pub(crate) fn parse(path: PathBuf, text: String) -> Self {
        let mut page =
            Self { path, text: String::new(), headings: vec![], links: vec![], blocks: vec![], code: vec![] };
        let options = Options::ENABLE_TABLES | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS;
        // What the text of a heading or a block is collected into while inside one.
        let (mut title, mut inside_block) = (None::<String>, false);
        for event in Parser::new_ext(&text, options) {
            match event {
                Event::Start(Tag::Heading { level, .. }) => {
                    title = Some(String::new());
                    page.headings.push(Heading { level: level as u8, anchor: String::new() });
                }
                Event::End(TagEnd::Heading(_)) => {
                    let anchor = title.take().as_deref().map(anchor).unwrap_or_default();
                    if let Some(heading) = page.headings.last_mut() {
                        heading.anchor = anchor;
                    }
                }
                Event::Start(Tag::Link { dest_url, .. }) => page.links.push(dest_url.into_string()),
                Event::Start(Tag::CodeBlock(kind)) => {
                    let language = match kind {
                        CodeBlockKind::Fenced(language) => language.into_string(),
                        CodeBlockKind::Indented => String::new(),
                    };
                    page.blocks.push(Block { language, text: String::new() });
                    inside_block = true;
                }
                Event::End(TagEnd::CodeBlock) => inside_block = false,
                Event::Text(part) if inside_block => {
                    if let Some(block) = page.blocks.last_mut() {
                        block.text.push_str(&part);
                    }
                }
                Event::Text(part) => title.iter_mut().for_each(|title| title.push_str(&part)),
                Event::Code(part) => {
                    title.iter_mut().for_each(|title| title.push_str(&part));
                    page.code.push(part.into_string());
                }
                _ => {}
            }
        }
        page.text = text;
        page
    }
}

/// The anchor that GitHub gives a heading: lower case, spaces to hyphens, punctuation left out.
fn anchor(title: &str) -> String {
    let kept = title.chars().filter(|letter| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_'));
    kept.flat_map(char::to_lowercase).map(|letter| if letter == ' ' { '-' } else { letter }).collect()
}

impl fmt::Display for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.path.display().fmt(f)
    }
}

#[test]
fn takes_a_page_apart() {
    let text = "---\ntitle: x\n---\n# Give `make`, *please*!\n[a](b.md#c)\n\n```sh\nmake test\n```\n\n## 2. 中文\n";
    let page = Page::parse("x.md".into(), text.to_owned());
    let headings: Vec<_> = page.headings.iter().map(|heading| (heading.level, heading.anchor.as_str())).collect();
    assert_eq!(headings, [(1, "give-make-please"), (2, "2-中文")]);
    assert_eq!(page.links, ["b.md#c"]);
    assert_eq!((page.blocks[0].language.as_str(), page.blocks[0].text.as_str()), ("sh", "make test\n"));
    assert_eq!(page.code, ["make"]);
}
