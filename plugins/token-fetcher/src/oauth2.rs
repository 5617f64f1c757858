//! OAuth 2.0's client credentials grant (RFC 6749, section 4.4): what it asks, from what an operator knows.

use crate::base64;
use crate::fields::Fields;
use crate::recipe::Extra;
use crate::template::{Encoding, Template};
use plugin_core::prelude::*;

/// A client of an authorization server.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ClientCredentials {
    /// Who the gateway is. May hold `${env.NAME}`.
    client_id: Secret,
    /// Its secret. May hold `${env.NAME}`.
    client_secret: Secret,
    /// Where these go: `basic` sends them in a header, `body` in the form.
    #[serde(default)]
    #[schemars(extend("default" = "basic"))]
    auth: Auth,
    /// What the token is for.
    scope: Option<Template>,
    /// Whom the token is for.
    audience: Option<Template>,
    /// The address of what the token is for (RFC 8707).
    resource: Option<Template>,
    /// What else the server wants in the form; not what `oauth2` sets itself.
    #[serde(default)]
    params: Params,
}

/// Whatever else the server wants in the form.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(try_from = "Fields")]
struct Params(Fields);

/// How the client says who it is (RFC 6749, section 2.3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Auth {
    /// In the header `authorization`.
    #[default]
    Basic,
    /// In the form.
    Body,
}

/// A template with nothing of the request in it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(try_from = "Template")]
struct Secret(Template);

impl ClientCredentials {
    pub(crate) fn sets_authorization(&self) -> bool {
        self.auth == Auth::Basic
    }

    /// The form and the headers of the call.
    pub(crate) fn write_into(self, extra: Extra) -> Extra {
        let Params(mut form) = self.params;
        let given = [("scope", self.scope), ("audience", self.audience), ("resource", self.resource)];
        for (name, value) in given {
            if let Some(value) = value {
                form.set(name, value);
            }
        }
        form.set("grant_type", Template::constant("client_credentials"));
        let mut extra = extra.header("accept", Template::constant("application/json"));
        match self.auth {
            Auth::Basic => {
                let credentials = base64::encode(&[self.client_id.encoded(), self.client_secret.encoded()].join(&b':'));
                let value = Template::constant(["Basic ", &credentials].concat());
                extra = extra.header("authorization", value);
            }
            Auth::Body => {
                form.set("client_id", self.client_id.0);
                form.set("client_secret", self.client_secret.0);
            }
        }
        extra.form(form)
    }
}

impl Secret {
    /// In the form that is put into Basic credentials: colons and bytes above 0x7f cannot be mistaken.
    fn encoded(&self) -> Vec<u8> {
        let mut encoded = Vec::new();
        Encoding::Percent.write(self.0.as_constant().unwrap_or_default().as_bytes(), &mut encoded);
        encoded
    }
}

impl TryFrom<Fields> for Params {
    type Error = String;

    /// What this module sets itself would be overwritten without a word.
    fn try_from(fields: Fields) -> Result<Self, String> {
        for (name, _) in fields.iter() {
            let instead = match name {
                "grant_type" => "leave it out, it is always `client_credentials`",
                "client_id" => "`clientId` sets it, with `auth: body` in the form",
                "client_secret" => "`clientSecret` sets it, with `auth: body` in the form",
                "scope" | "audience" | "resource" => "give it beside `params`, as a key of `oauth2`",
                _ => continue,
            };
            return Err(format!("`{name}` cannot be given here: {instead}"));
        }
        Ok(Self(fields))
    }
}

impl TryFrom<Template> for Secret {
    type Error = &'static str;

    fn try_from(template: Template) -> Result<Self, Self::Error> {
        match template.as_constant() {
            Some("") => Err("is empty"),
            Some(_) => Ok(Self(template)),
            None => Err("nothing of the request can stand here, only text and `${env.NAME}`"),
        }
    }
}
