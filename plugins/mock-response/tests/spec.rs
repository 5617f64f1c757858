//! Console form, editor schema and tables of options are what the configuration's types say.

use mock_response::MockResponse;

#[test]
fn what_is_generated_is_fresh() {
    plugin_spec::of!(MockResponse).assert_fresh();
}

#[test]
fn what_the_schema_refuses_the_plugin_refuses() {
    plugin_spec::of!(MockResponse).assert_agrees(&[
        include_str!("../example.yaml"),
        "{}",
        "{mockEnable: true, status: 204, headers: {x-a: [], x-b: ''}}",
    ]);
}
