//! Forgets what the host has no more, for a plugin that does not hear of its streams' end
//! ([`Cleanup::Lazy`](crate::Cleanup)).

use super::{RUNTIME, Runtime};
use crate::host::{Host, host};

/// Forgets what is gone, in a callback of the given context.
pub(crate) type Sweep = fn(u32);

/// Runs in a callback of the stream `own`.
pub(super) fn sweep_if_many(rt: &Runtime, own: u32) {
    let noted = rt.exchanges.borrow().len().max(rt.owners.borrow().len());
    if rt.many.is_due(noted)
        && let Some(sweep) = rt.sweep.get()
    {
        sweep(own);
    }
}

/// Forgets streams and roots that the host has no more, for a plugin that does not hear of their end. Runs in a callback
/// of the context `own`; where the host does not know even that, nothing can be learnt from it.
pub(crate) fn sweep(own: u32) {
    if host().set_effective_context(own).is_err() {
        return;
    }
    RUNTIME.with(|rt| {
        let noted: [Vec<u32>; 3] = [
            rt.exchanges.borrow().ids().collect(),
            rt.owners.borrow().ids().collect(),
            rt.roots.borrow().iter().map(|root| root.id).collect(),
        ];
        let [exchanges, owners, roots] = noted.map(unknown_to_host);
        let _ = host().set_effective_context(own);

        let exchanges = rt.exchanges.borrow_mut().take(&exchanges);
        let owners = rt.owners.borrow_mut().take(&owners);
        let roots: Vec<_> = rt.roots.borrow_mut().extract_if(.., |root| roots.contains(&root.id)).collect();
        let left = rt.exchanges.borrow().len().max(rt.owners.borrow().len());
        rt.many.done(left);
        // With nothing borrowed: what a plugin's future holds may lead back here, with `own` in effect.
        exchanges.iter().for_each(|exchange| exchange.abandon());
        drop((exchanges, owners, roots));
    });
}

fn unknown_to_host(mut ids: Vec<u32>) -> Vec<u32> {
    ids.retain(|id| host().set_effective_context(*id).is_err());
    ids
}

#[cfg(test)]
mod tests {
    use super::super::on_context_create;
    use super::*;
    use crate::doubling::Doubling;
    use crate::prelude::*;
    use crate::testing::Bench;

    #[derive(Debug, Deserialize)]
    struct Waits;

    impl Plugin for Waits {
        const CLEANUP: Cleanup = Cleanup::Lazy;

        async fn on_request(self: Rc<Self>, mut request: Request) -> Result<Flow> {
            request.headers_mut().set("x-seen", "1")?;
            let mut response = request.forward_and_wait().await;
            response.headers_mut().set("x-seen", "1")?;
            Ok(response.forward())
        }
    }

    fn noted() -> [usize; 3] {
        RUNTIME.with(|rt| [rt.exchanges.borrow().len(), rt.owners.borrow().len(), rt.roots.borrow().len()])
    }

    #[test]
    fn streams_that_end_untold_do_not_gather() {
        let bench = Bench::<Waits>::new("").unwrap();
        let alive: Vec<_> = (0..100).map(|_| bench.get("/alive")).collect();
        for _ in 0..1000 {
            bench.get("/gone").end_untold();
            assert!(noted()[0] <= 2 * alive.len() + Doubling::AT_LEAST, "{:?}", noted());
        }
        let before = noted()[0];
        for exchange in &alive {
            exchange.response(200, &[], true);
            assert_eq!(exchange.response_header("x-seen").as_deref(), Some("1"));
        }
        assert_eq!(noted()[0], before - alive.len(), "what is over is not kept until its stream ends");
    }

    #[test]
    fn streams_that_never_come_to_a_request_do_not_gather() {
        let bench = Bench::<Waits>::new("").unwrap();
        let host = bench.host();
        host.know(1_000_000);
        on_context_create(1_000_000, 0);
        for id in 2_000_000..2_001_000 {
            host.know(id);
            on_context_create(id, 1_000_000);
            host.forget(id);
            let exchange = bench.get("/");
            assert_eq!(exchange.request_header("x-seen").as_deref(), Some("1"), "its own context is in effect");
        }
        let [exchanges, owners, roots] = noted();
        assert!(exchanges <= Doubling::AT_LEAST && owners <= Doubling::AT_LEAST, "{exchanges}, {owners}");
        assert_eq!(roots, 2);
    }

    #[test]
    fn a_configuration_that_another_took_the_place_of_is_forgotten_untold() {
        let bench = Bench::<Waits>::new("").unwrap();
        for root in 5000..5100 {
            bench.host().know(root);
            on_context_create(root, 0);
            assert!(noted()[2] <= 2);
            bench.host().forget(root);
        }
    }
}
