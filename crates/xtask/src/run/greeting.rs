//! What a run says when all is ready: addresses, and commands that show each plugin.

use super::{Bootstrap, Kind, Options};
use crate::terminal::{BOLD, DIM, GREEN};

/// For a plugin of `envoy.yaml`: the host that its rules are for, the path to ask, and what is to be seen.
const EXAMPLES: [(&str, &str, &str, &str); 5] = [
    ("header-injector", "", "/get", "header-injector added Hello: world"),
    ("mock-response", "mock.example", "/get", "mock-response answers: hello world"),
    ("token-fetcher", "token.example", "/get", "token-fetcher added X-Token: demo"),
    ("rate-limiter", "limited.example", "/get", "rate-limiter: the fourth within a minute gets 429"),
    ("rate-limiter", "all.example", "/get", "all of them at once"),
];

pub(super) fn print(options: &Options, kind: Kind, bootstrap: &Bootstrap) {
    let Options { port, httpbin_port, admin_port, .. } = options;
    let pages = match kind {
        Kind::Local => "inspector",
        Kind::Envoy => "admin",
    };
    anstream::println!(
        "\n{GREEN}ready{GREEN:#}  gateway {BOLD}http://127.0.0.1:{port}{BOLD:#}  {pages} http://127.0.0.1:{admin_port}\n\n\
         try, in another terminal:"
    );
    let mut lines = vec![(format!("curl http://127.0.0.1:{httpbin_port}/get"), "httpbin itself, without the gateway")];
    lines.extend(bootstrap.plugins().flat_map(|plugin| of_plugin(plugin, *port)));
    let width = lines.iter().map(|(command, _)| command.len()).max().unwrap_or(0);
    for (command, effect) in lines {
        anstream::println!("  {command:width$}  {DIM}# {effect}{DIM:#}");
    }
    let file = options.config.display();
    match kind {
        Kind::Local => anstream::println!(
            "\nedit {file} or a plugin's source and save: what changed takes effect at once\n\
             log lines of the plugins follow; Ctrl-C ends all servers\n"
        ),
        Kind::Envoy => anstream::println!(
            "\nto try another configuration, edit {file} and start again\n\
             log lines of the plugins follow; Ctrl-C ends both servers\n"
        ),
    }
}

fn of_plugin(plugin: &str, port: u16) -> impl Iterator<Item = (String, &'static str)> {
    EXAMPLES.iter().filter(move |(name, ..)| *name == plugin).map(move |(_, host, path, effect)| {
        let host = if host.is_empty() { String::new() } else { format!("-H 'Host: {host}' ") };
        (format!("curl {host}http://127.0.0.1:{port}{path}"), *effect)
    })
}
