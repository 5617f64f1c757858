//! The machines of a worker: who is in them, who still needs them, when a crashed one comes back.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use super::{Filter, MachineId};
use crate::bootstrap::FailurePolicy;
use crate::vm::{Effects, Plugin, RootId, StartError, Vm};
use crate::world::{LogLine, World};

/// Higress makes a crashed machine anew at most this often.
const REST: Duration = Duration::from_secs(5);
/// What Envoy waits under `FAIL_RELOAD`.
const RELOAD_REST: Duration = Duration::from_secs(1);
const INFO: u32 = 2;
const ERROR: u32 = 4;

/// A place in a machine.
pub(super) type Seat = (MachineId, RootId);

pub(super) struct Machines {
    worlds: Box<dyn FnMut(MachineId) -> Rc<dyn World>>,
    machines: BTreeMap<MachineId, Machine>,
    next: u64,
}

struct Machine {
    vm: Vm,
    /// The filter that the machine was made for.
    filter: Filter,
    tenants: Vec<Tenant>,
    /// When a machine was last made in the place of a crashed one, by the world's clock.
    renewed: Option<Duration>,
}

struct Tenant {
    plugin: Plugin,
    root: RootId,
    /// New exchanges come to it.
    wanted: bool,
    /// Exchanges under way that have it in their chain.
    exchanges: usize,
}

impl Machines {
    pub(super) fn new(worlds: impl FnMut(MachineId) -> Rc<dyn World> + 'static) -> Self {
        Self { worlds: Box::new(worlds), machines: BTreeMap::new(), next: 0 }
    }

    pub(super) fn get(&self, id: MachineId) -> Option<&Vm> {
        self.machines.get(&id).map(|machine| &machine.vm)
    }

    pub(super) fn get_mut(&mut self, id: MachineId) -> Option<&mut Vm> {
        self.machines.get_mut(&id).map(|machine| &mut machine.vm)
    }

    pub(super) fn ids(&self) -> Vec<MachineId> {
        self.machines.keys().copied().collect()
    }

    /// The place of a filter, made where there is none yet. The effects belong to the machine that is named.
    pub(super) fn place(&mut self, filter: &Filter) -> (Result<Seat, StartError>, Option<(MachineId, Effects)>) {
        let fitting = self.machines.iter().find(|(_, it)| it.vm.crash().is_none() && it.filter.shares_machine(filter));
        let id = match fitting {
            Some((id, _)) => *id,
            None => match self.make(filter) {
                Ok(id) => id,
                Err(error) => return (Err(error), None),
            },
        };
        let mut effects = Effects::new();
        let Some(machine) = self.machines.get_mut(&id) else { return (Err(StartError::VmStart), None) };
        let root = machine.tenant(&filter.plugin, &mut effects);
        (root.map(|root| (id, root)), Some((id, effects)))
    }

    /// Counts exchanges of a place up or down.
    pub(super) fn count(&mut self, (id, root): Seat, more: bool) {
        let tenants = self.machines.get_mut(&id).map(|machine| machine.tenants.iter_mut());
        for tenant in tenants.into_iter().flatten().filter(|tenant| tenant.root == root) {
            tenant.exchanges =
                if more { tenant.exchanges.saturating_add(1) } else { tenant.exchanges.saturating_sub(1) };
        }
    }

    /// Says which places new exchanges come to from now on.
    pub(super) fn want(&mut self, wanted: &[Seat]) {
        for (id, machine) in &mut self.machines {
            for tenant in &mut machine.tenants {
                tenant.wanted = wanted.contains(&(*id, tenant.root));
            }
        }
    }

    /// Ends the plugins of a machine that nobody needs any more, and the machine with the last of them.
    pub(super) fn sweep(&mut self, id: MachineId) -> Effects {
        let mut effects = Effects::new();
        let Some(machine) = self.machines.get_mut(&id) else { return effects };
        let idle = |tenant: &Tenant| !tenant.wanted && tenant.exchanges == 0;
        for tenant in machine.tenants.extract_if(.., |tenant| idle(tenant)) {
            effects.extend(machine.vm.end_plugin(tenant.root));
        }
        if machine.tenants.is_empty() && machine.vm.is_empty() {
            self.machines.remove(&id);
        }
        effects
    }

    /// Makes a machine anew that has crashed, or that one of its plugins wants to leave, with all plugins that are
    /// wanted in it. Tells where they are now.
    pub(super) fn renew(&mut self, id: MachineId) -> Option<Vec<(RootId, Seat)>> {
        let machine = self.machines.get_mut(&id)?;
        let crashed = machine.vm.crash().is_some();
        // A healthy machine is only left when it has nothing to do.
        let leave = machine.vm.wants_rebuild() && machine.tenants.iter().all(|tenant| tenant.exchanges == 0);
        let now = machine.vm.world().monotonic();
        let rests = machine.renewed.is_some_and(|renewed| now.saturating_sub(renewed) < machine.rest());
        if !(crashed || leave) || rests {
            return None;
        }
        machine.renewed = Some(now);
        let filter = machine.filter.clone();
        let wanted: Vec<_> =
            machine.tenants.iter().filter(|it| it.wanted).map(|it| (it.root, it.plugin.clone())).collect();
        match self.remake(&filter, now, wanted) {
            Ok((new, moves)) => {
                let why = if crashed { "after its crash" } else { "as a plugin asked for" };
                self.tell(new, INFO, &format!("the plugin was started again in a fresh virtual machine, {why}"));
                Some(moves)
            }
            Err(error) => {
                self.tell(id, ERROR, &format!("the plugin could not be started again: {error}"));
                None
            }
        }
    }

    fn remake(
        &mut self,
        filter: &Filter,
        now: Duration,
        plugins: Vec<(RootId, Plugin)>,
    ) -> Result<(MachineId, Vec<(RootId, Seat)>), StartError> {
        let id = self.make(filter)?;
        let mut moves = Vec::new();
        if let Some(machine) = self.machines.get_mut(&id) {
            machine.renewed = Some(now);
            for (old, plugin) in plugins {
                // Nothing else runs in it yet, so there are no effects.
                match machine.tenant(&plugin, &mut Effects::new()) {
                    Ok(root) => moves.push((old, (id, root))),
                    Err(error) => {
                        self.machines.remove(&id);
                        return Err(error);
                    }
                }
            }
        }
        Ok((id, moves))
    }

    fn make(&mut self, filter: &Filter) -> Result<MachineId, StartError> {
        let id = MachineId(self.next);
        // Never given twice: so what comes for a machine that is gone finds nobody.
        self.next += 1;
        let vm = Vm::new(&filter.module, (self.worlds)(id), filter.vm.clone())?;
        let machine = Machine { vm, filter: filter.clone(), tenants: Vec::new(), renewed: None };
        self.machines.insert(id, machine);
        Ok(id)
    }

    fn tell(&self, id: MachineId, level: u32, text: &str) {
        let Some(machine) = self.machines.get(&id) else { return };
        let Plugin { name, root_id, .. } = &machine.filter.plugin;
        let vm_id = &machine.filter.vm.vm_id;
        machine.vm.world().log(LogLine { level, plugin: name, root_id, vm_id, text });
    }
}

impl Machine {
    /// The root context of a plugin: two filters that say the same share one.
    fn tenant(&mut self, plugin: &Plugin, effects: &mut Effects) -> Result<RootId, StartError> {
        if let Some(tenant) = self.tenants.iter().find(|tenant| tenant.plugin == *plugin) {
            return Ok(tenant.root);
        }
        let root = self.vm.try_plugin(plugin.clone(), effects)?;
        self.tenants.push(Tenant { plugin: plugin.clone(), root, wanted: true, exchanges: 0 });
        Ok(root)
    }

    fn rest(&self) -> Duration {
        let reload = self.tenants.iter().any(|tenant| tenant.plugin.failure_policy == FailurePolicy::FailReload);
        if reload { RELOAD_REST } else { REST }
    }
}
