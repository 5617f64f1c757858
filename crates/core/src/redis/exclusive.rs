//! Commands that want a connection of their own, and therefore cannot be sent.

use super::command::Command;

/// Commands that change a connection or wait in it, or answer more than once or not at all. The gateway has one
/// connection for all plugins and matches replies to commands by their order.
const REFUSED: [&str; 36] = [
    "ASKING",
    "AUTH",
    "BLMOVE",
    "BLMPOP",
    "BLPOP",
    "BRPOP",
    "BRPOPLPUSH",
    "BZMPOP",
    "BZPOPMAX",
    "BZPOPMIN",
    "CLIENT",
    "DEBUG",
    "DISCARD",
    "EXEC",
    "HELLO",
    "MONITOR",
    "MULTI",
    "PSUBSCRIBE",
    "PSYNC",
    "PUNSUBSCRIBE",
    "QUIT",
    "READONLY",
    "READWRITE",
    "REPLCONF",
    "RESET",
    "SELECT",
    "SHUTDOWN",
    "SSUBSCRIBE",
    "SUBSCRIBE",
    "SUNSUBSCRIBE",
    "SYNC",
    "UNSUBSCRIBE",
    "UNWATCH",
    "WAIT",
    "WAITAOF",
    "WATCH",
];

/// Whether a command may go over a connection that all plugins share; what is wrong if not.
pub(super) fn check(command: &Command) -> Result<(), String> {
    let Some(name) = command.parts().next() else { return Err("an empty command for Redis".to_owned()) };
    let refused = REFUSED.iter().any(|refused| name.eq_ignore_ascii_case(refused.as_bytes()));
    let blocks = (name.eq_ignore_ascii_case(b"XREAD") || name.eq_ignore_ascii_case(b"XREADGROUP"))
        && command.parts().any(|part| part.eq_ignore_ascii_case(b"BLOCK"));
    if refused || blocks {
        return Err(format!(
            "{} changes the connection or waits in it, and all plugins of the gateway share that; for several steps \
             at once run a script",
            command.name()
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
