//! Clusters whose hosts are names.

use std::rc::Rc;

use gateway::bootstrap::{Discovery, DnsLookupFamily};
use gateway::cluster::UpstreamError;
use http::Request;
use testkit::{Answer, Upstream};

use crate::stage::{Stage, body, cluster, on_a_worker};

#[test]
fn a_name_becomes_a_host() {
    let upstream = Upstream::start(|_| Answer::ok(""));
    on_a_worker(async {
        for discovery in [Discovery::StrictDns, Discovery::LogicalDns] {
            let mut shop = cluster("shop", upstream.address());
            (shop.discovery, shop.dns_lookup_family) = (discovery, DnsLookupFamily::V4Only);
            shop.endpoints[0].address.host = "localhost".into();
            let stage = Stage::new(&[shop]);
            let shop = stage.clusters.get("shop").unwrap();
            assert_eq!(shop.choose(None).unwrap_err(), UpstreamError::NoHost, "nothing is resolved yet");
            stage.clusters.resolved().await;
            assert_eq!(shop.hosts()[0].hostname(), "localhost");
            let request = Request::get("/").header("host", "x").body(body("")).unwrap();
            assert_eq!(shop.request(request, None).await.unwrap().host, upstream.address());
        }
    });
    assert_eq!(upstream.count(), 2);
}

#[test]
fn a_name_that_nobody_knows_has_no_host_and_is_told() {
    on_a_worker(async {
        let mut shop = cluster("shop", ([127, 0, 0, 1], 80).into());
        shop.discovery = Discovery::StrictDns;
        shop.endpoints[0].address.host = "no-such-host.invalid".into();
        let stage = Stage::new(&[shop]);
        stage.clusters.resolved().await;
        assert_eq!(stage.clusters.get("shop").unwrap().choose(None).unwrap_err(), UpstreamError::NoHost);
        let logged = stage.logged();
        assert!(
            logged.contains("warning|upstream|cluster \"shop\": \"no-such-host.invalid\" has no address"),
            "{logged}"
        );
    });
}

#[test]
fn clusters_that_follow_others_are_resolved_before_they_are_found() {
    on_a_worker(async {
        let address = ([127, 0, 0, 1], 80).into();
        let mut shop = cluster("shop", address);
        let kept = cluster("kept", address);
        let stage = Stage::new(&[shop.clone(), kept.clone()]);
        let (old, stays) = (stage.clusters.get("shop").unwrap(), stage.clusters.get("kept").unwrap());
        shop.discovery = Discovery::StrictDns;
        shop.endpoints[0].address.host = "localhost".into();
        let next = stage.clusters.next(&[shop, kept], &stage.log);
        assert!(Rc::ptr_eq(&stage.clusters.get("shop").unwrap(), &old), "the old one serves meanwhile");
        next.resolved().await;
        let before = stage.clusters.put(&next);
        assert!(stage.clusters.get("shop").unwrap().choose(None).is_ok());
        assert!(Rc::ptr_eq(&stage.clusters.get("kept").unwrap(), &stays));
        stage.clusters.put(&before);
        assert!(Rc::ptr_eq(&stage.clusters.get("shop").unwrap(), &old), "a refused configuration leaves all as it was");
    });
}
