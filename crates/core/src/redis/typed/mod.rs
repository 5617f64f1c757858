//! A method for each common command, with the types that belong to it.
//!
//! Each is [`Redis::ask`](super::Redis::ask) with one command; what an author does not use is not in the module.

mod hashes;
mod keys;
mod lists;
mod sets;
mod sorted_sets;

/// Writes methods of `Redis` that send one command and read its reply.
macro_rules! commands {
    ($($(#[$doc:meta])* $name:ident($($parameter:ident: $kind:ty),*) -> $output:ty = $command:expr;)*) => {
        impl crate::redis::Redis {
            $(
                $(#[$doc])*
                pub async fn $name(&self, $($parameter: $kind),*) -> crate::Result<$output> {
                    self.ask($command).await
                }
            )*
        }
    };
}

use commands;
