//! The local gateway: `gateway -c envoy.yaml`.

fn main() -> std::process::ExitCode {
    gateway::command::run()
}
