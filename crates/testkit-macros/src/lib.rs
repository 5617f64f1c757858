//! The attribute `#[testkit::scenario]`: one function, one test for each gateway that can run it.

use proc_macro::{TokenStream, TokenTree};

/// A gateway: the name of its test, and the `testkit::Engine` that runs it.
const ENVOY: (&str, &str) = ("on_envoy", "Envoy");
const GATEWAY: (&str, &str) = ("on_gateway", "Gateway");

/// What clippy allows in tests, and would not see that this is one.
const ALLOWED: &str = "#[allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, \
                       reason = \"a scenario that panics is a test that fails\")]";

/// Runs the function as a test on each engine: `name::on_envoy` on a real Envoy, `name::on_gateway` on our own gateway.
///
/// `#[testkit::scenario(higress)]` is for plugins that ask for what only Higress's gateways have, such as Redis: there is
/// no test on Envoy then, because Envoy refuses the module. Say that once for the plugin, by
/// `testkit::refused_by_envoy`.
#[proc_macro_attribute]
pub fn scenario(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let engines: &[(&str, &str)] = match arguments.to_string().as_str() {
        "" => &[ENVOY, GATEWAY],
        "higress" => &[GATEWAY],
        other => return fault(&format!("unknown gateway `{other}`; write `scenario`, or `scenario(higress)`")),
    };
    let Some(name) = name(&item) else {
        return fault("a scenario is a function without arguments: `fn what_holds() { .. }`");
    };
    // The module bears the function's name: functions and modules have namespaces of their own.
    let mut tests = format!("mod {name} {{");
    for (test, engine) in engines {
        tests.push_str(&format!(
            "#[test] fn {test}() {{ ::testkit::run_scenario(::testkit::Engine::{engine}, super::{name}); }}"
        ));
    }
    tests.push('}');
    let mut all: TokenStream = ALLOWED.parse().unwrap_or_default();
    all.extend(item);
    all.extend(tests.parse::<TokenStream>().unwrap_or_else(|_| fault("this name cannot be a module's")));
    all
}

/// The name of the function, when it takes no arguments.
fn name(item: &TokenStream) -> Option<String> {
    let mut tokens = item.clone().into_iter().skip_while(|token| token.to_string() != "fn").skip(1);
    let name = tokens.next()?.to_string();
    let Some(TokenTree::Group(arguments)) = tokens.next() else { return None };
    arguments.stream().is_empty().then_some(name)
}

fn fault(message: &str) -> TokenStream {
    format!("::core::compile_error!({message:?});").parse().unwrap_or_default()
}
