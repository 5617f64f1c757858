//! Asks two services at once and a third when their answers are there; a fourth in the response phase.

use plugin_core::prelude::*;

/// Where to ask.
#[derive(Debug, Deserialize)]
pub struct TwoCalls {
    user: Service,
    quota: Service,
    audit: Service,
}

impl Plugin for TwoCalls {
    async fn on_request(self: Rc<Self>, mut request: Request) -> Result<Flow> {
        let (user, quota) = join!(self.user.cluster().get("/user").send(), self.quota.cluster().get("/quota").send(),);
        let user = user?.require_status(200)?.require_header("x-user")?;
        let quota = quota?.require_status(200)?.require_header("x-quota")?;
        let audit = self.audit.cluster().post("/audit").header("x-user", &user).body("asked").send().await?;
        request.headers_mut().set("x-user", &user)?;
        request.headers_mut().set("x-quota", quota)?;

        let mut response = request.forward_and_wait().await;
        let answered = self.audit.cluster().post("/audit").header("x-user", &user).body("answered").send().await?;
        response.headers_mut().set("x-audit", format!("{},{}", audit.status(), answered.status()))?;
        Ok(response.forward())
    }
}

register!(TwoCalls, "two-calls");
