//! Console form, editor schema and tables of options are what the configuration's types say.

use {{crate}}::{{Name}};

#[test]
fn what_is_generated_is_fresh() {
    plugin_spec::of!({{Name}}).assert_fresh();
}

#[test]
fn what_the_schema_refuses_the_plugin_refuses() {
    plugin_spec::of!({{Name}}).assert_agrees(&[include_str!("../example.yaml")]);
}
