//! What a note may ask of the code.

/// What is asked for; everything else stays as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wishes {
    /// Whether it comes with a Dockerfile and a compose file.
    pub containers: bool,
    /// Where its tests run on every change.
    pub ci: Ci,
    /// Its licence.
    pub licence: Option<Licence>,
    /// The port it listens on.
    pub port: u16,
}

/// Where tests run on every change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ci {
    /// GitHub Actions.
    GitHub,
    /// GitLab CI.
    GitLab,
    /// Nowhere yet.
    None,
}

/// A licence that is short enough to come with the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Licence {
    /// The MIT licence.
    Mit,
    /// Nobody may use it but its owner.
    Proprietary,
}

impl Default for Wishes {
    fn default() -> Self {
        Self { containers: true, ci: Ci::GitHub, licence: None, port: 8080 }
    }
}

impl Wishes {
    /// What a note asks for.
    pub fn read(note: &str) -> Self {
        let mut wishes = Self::default();
        for clause in note.to_lowercase().split([',', '.', ';', '\n']).flat_map(|part| part.split(" and ")) {
            let words: Vec<&str> =
                clause.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
            for (at, word) in words.iter().enumerate() {
                wishes.follow(word, is_refused(&words[..at]), words.get(at + 1).copied());
            }
        }
        wishes
    }

    fn follow(&mut self, word: &str, refused: bool, next: Option<&str>) {
        match word {
            "docker" | "dockerfile" | "container" | "containers" | "compose" => self.containers = !refused,
            "ci" | "pipeline" | "workflow" if refused => self.ci = Ci::None,
            "gitlab" if !refused => self.ci = Ci::GitLab,
            "github" if refused && self.ci == Ci::GitHub => self.ci = Ci::None,
            "mit" if !refused => self.licence = Some(Licence::Mit),
            "proprietary" if !refused => self.licence = Some(Licence::Proprietary),
            "port" if !refused => {
                let port = next.and_then(|next| next.parse().ok()).filter(|port| *port >= 1024);
                self.port = port.unwrap_or(self.port);
            }
            _ => {}
        }
    }
}

/// Whether the words before one refuse it: "no docker", "without a Dockerfile", "instead of GitHub".
fn is_refused(before: &[&str]) -> bool {
    const REFUSALS: [&str; 8] = ["no", "not", "without", "drop", "remove", "skip", "leave", "instead"];
    before.iter().rev().take(3).any(|word| REFUSALS.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_changes_what_it_speaks_of_and_nothing_else() {
        let plain = Wishes::default();
        assert_eq!(Wishes::read("make it playful"), plain);
        assert_eq!(Wishes::read("Without Docker, please"), Wishes { containers: false, ..plain.clone() });
        assert_eq!(
            Wishes::read("use GitLab and an MIT licence"),
            Wishes { ci: Ci::GitLab, licence: Some(Licence::Mit), ..plain.clone() }
        );
        assert_eq!(Wishes::read("listen on port 4000"), Wishes { port: 4000, ..plain.clone() });
        assert_eq!(Wishes::read("no CI"), Wishes { ci: Ci::None, ..plain });
    }
}
