//! Console form, editor schema and tables of options are what the configuration's types say.

use header_injector::HeaderInjector;

#[test]
fn what_is_generated_is_fresh() {
    plugin_spec::of!(HeaderInjector).assert_fresh();
}

#[test]
fn what_the_schema_refuses_the_plugin_refuses() {
    plugin_spec::of!(HeaderInjector).assert_agrees(&[
        include_str!("../example.yaml"),
        "{}",
        "{reroute: true, request: [{set: {name: ':path', value: /}}], response: [{set: {name: ':status', value: '202'}}]}",
    ]);
}
