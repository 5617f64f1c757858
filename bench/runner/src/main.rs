//! Measures plugins on a real Envoy beside what else does the same job: no filter, native, Lua, plain proxy-wasm.

mod bootstrap;
mod build;
mod catalogue;
mod cores;
mod counter;
mod envoy;
mod fetch;
mod instructions;
mod load;
mod memory;
mod options;
mod results;
mod rounds;
mod start_up;
mod statistics;
mod table;
mod upstream;
mod usage;
mod variant;

use crate::cores::Cores;
use crate::options::Options;
use crate::results::{Figures, Results};
use crate::upstream::Upstream;
use crate::variant::Variant;
use anyhow::{Context as _, Result};

fn main() -> Result<()> {
    let Some(options) = Options::from_args(std::env::args().skip(1))? else {
        print!("{}", options::HELP);
        return Ok(());
    };
    let variants = catalogue::select(&options)?;
    let cores = Cores::split()?;
    let upstream = Upstream::start()?;
    let envoy = envoy::Binary::find(&cores, upstream.port())?;

    let all: Vec<&Variant> = variants.iter().collect();
    let figures = if options.instructions {
        Figures { cost: instructions::run(&envoy, &all, &options)?, ..Figures::default() }
    } else {
        Figures {
            cost: rounds::run(&envoy, &all, &options)?,
            start_up_ms: start_up::run(&envoy, &all)?,
            kib_per_vm: memory::per_vm(&envoy, &all)?,
        }
    };

    let results = Results::new(&options, &variants, &figures);
    print!("{results}");
    if let Some(path) = &options.json {
        std::fs::write(path, format!("{:#}\n", results.to_json()))
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}
