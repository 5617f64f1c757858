//! Ticks, queues, clocks, random bytes and log lines of a machine.

use std::time::{Duration, Instant, SystemTime};

use gateway::services::EventKind;
use gateway::{LogLine, World};

use crate::stage::{Stage, on_a_worker};

#[test]
fn a_tick_comes_after_each_period() {
    on_a_worker(async {
        let mut stage = Stage::new(&[]);
        let started = Instant::now();
        stage.world.set_tick(1, Some(Duration::from_millis(30)));
        for ticks in 1..=4 {
            let EventKind::Tick(tick) = stage.event().await else { panic!("no tick") };
            assert_eq!(tick.root().number(), 1);
            assert!(!tick.is_off());
            assert!(started.elapsed() >= Duration::from_millis(30) * ticks);
        }
    });
}

#[test]
fn the_next_period_begins_when_the_plugin_has_had_its_tick() {
    on_a_worker(async {
        let mut stage = Stage::new(&[]);
        stage.world.set_tick(1, Some(Duration::from_millis(5)));
        let held = stage.event().await;
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert!(stage.is_quiet(), "ticks do not pile up");
        drop(held);
        assert!(matches!(stage.event().await, EventKind::Tick(_)));
    });
}

#[test]
fn a_tick_that_is_ended_or_changed_counts_no_more() {
    on_a_worker(async {
        let mut stage = Stage::new(&[]);
        stage.world.set_tick(1, Some(Duration::from_millis(5)));
        let EventKind::Tick(late) = stage.event().await else { panic!("no tick") };
        stage.world.set_tick(1, None);
        assert!(late.is_off());
        drop(late);
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert!(stage.is_quiet());

        stage.world.set_tick(1, Some(Duration::from_secs(3600)));
        stage.world.set_tick(2, Some(Duration::from_millis(5)));
        let EventKind::Tick(other) = stage.event().await else { panic!("no tick") };
        assert_eq!(other.root().number(), 2, "each plugin has its own");
    });
}

#[test]
fn a_period_that_is_set_again_and_again_needs_one_task() {
    on_a_worker(async {
        let mut stage = Stage::new(&[]);
        let before = stage.senders();
        for _ in 0..1_000 {
            stage.world.set_tick(1, None);
            stage.world.set_tick(1, Some(Duration::from_millis(5)));
        }
        assert_eq!(stage.senders(), before + 1);
        assert!(matches!(stage.event().await, EventKind::Tick(tick) if !tick.is_off()));
    });
}

#[test]
fn no_more_notices_wait_than_a_queue_has_elements() {
    const MOST: usize = 65_536;
    on_a_worker(async {
        let mut stage = Stage::new(&[]);
        for _ in 0..MOST + 5 {
            stage.world.queue_filled(3);
        }
        stage.world.queue_filled(4);
        for token in std::iter::repeat_n(3, MOST).chain([4]) {
            assert!(matches!(stage.event().await, EventKind::Queue(notice) if notice.token() == token));
        }
        assert!(stage.is_quiet());
        stage.world.queue_filled(3);
        assert!(!stage.is_quiet(), "there is room again");
    });
}

#[test]
fn all_threads_hear_of_a_queue() {
    on_a_worker(async {
        let mut stage = Stage::new(&[]);
        let (notices, log) = (stage.notices.clone(), stage.log.clone());
        let other_thread = std::thread::spawn(move || {
            on_a_worker(async {
                let (sender, mut events) = tokio::sync::mpsc::unbounded_channel();
                let clusters = gateway::cluster::Clusters::new(&[], &log);
                let services = gateway::services::Services::new(clusters, sender, notices, log);
                let _gone = services.world(1);
                drop(_gone);
                services.world(9).queue_filled(3);
                let own = events.recv().await.unwrap();
                assert_eq!(own.machine, 9);
                assert!(matches!(own.kind, EventKind::Queue(notice) if notice.token() == 3));
                assert!(events.try_recv().is_err(), "a machine that is gone hears nothing");
            });
        });
        assert!(matches!(stage.event().await, EventKind::Queue(notice) if notice.token() == 3));
        other_thread.join().unwrap();
    });
}

#[test]
fn clocks_go_and_random_bytes_differ() {
    on_a_worker(async {
        let stage = Stage::new(&[]);
        let (now, earlier) = (stage.world.now(), stage.world.monotonic());
        assert!(SystemTime::now().duration_since(now).unwrap() < Duration::from_secs(3600));
        tokio::time::sleep(Duration::from_millis(2)).await;
        assert!(stage.world.monotonic() > earlier);
        let (mut one, mut other) = ([0; 32], [0; 32]);
        stage.world.random(&mut one);
        stage.world.random(&mut other);
        assert_ne!(one, other);
    });
}

#[test]
fn lines_of_plugins_reach_the_log() {
    on_a_worker(async {
        let stage = Stage::new(&[]);
        stage.world.log(LogLine { level: 2, plugin: "limiter", root_id: "", vm_id: "vm", text: "ready" });
        assert_eq!(stage.logged(), "info|wasm|wasm log limiter vm: ready\n");
        stage.log.set_from("wasm:error").unwrap();
        assert_eq!(stage.world.log_level(), 4);
    });
}
