//! The notes of a release: its section of CHANGELOG.md.

use anyhow::{Context, Result};

/// The text of the section of `version`, or of what comes next.
pub(super) fn of(changelog: &str, version: Option<&str>) -> Result<String> {
    let heading = version.map_or_else(|| "## [Unreleased]".to_owned(), |version| format!("## [{version}]"));
    let mut lines = changelog.lines().skip_while(|line| !line.starts_with(&heading));
    lines.next().with_context(|| {
        format!("CHANGELOG.md has no section `{heading}`; a release renames `## [Unreleased]` and begins a new one")
    })?;
    let section: Vec<&str> = lines.take_while(|line| !line.starts_with("## ")).collect();
    Ok(format!("{}\n", section.join("\n").trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHANGELOG: &str = "# Changelog\n\n## [Unreleased]\n\n- next\n\n## [0.2.0] - 2026-01-01\n\n### Added\n\n- b\n\n## [0.1.0]\n\n- a\n";

    #[test]
    fn are_the_section_and_nothing_else() {
        assert_eq!(of(CHANGELOG, Some("0.2.0")).unwrap(), "### Added\n\n- b\n");
        assert_eq!(of(CHANGELOG, Some("0.1.0")).unwrap(), "- a\n");
        assert_eq!(of(CHANGELOG, None).unwrap(), "- next\n");
    }

    #[test]
    fn a_version_that_the_changelog_does_not_know_is_refused() {
        let error = of(CHANGELOG, Some("0.3.0")).unwrap_err().to_string();
        assert!(error.contains("no section `## [0.3.0]`"), "{error}");
    }
}
