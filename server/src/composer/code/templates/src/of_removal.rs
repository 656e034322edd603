    /// What became of a removal: a row that others refer to stays.
    pub fn of_removal(error: sqlx::Error, noun: &str) -> Self {
        match error.as_database_error() {
            Some(refused) if refused.is_foreign_key_violation() => {
                let by = refused.table().unwrap_or_default().replace('_', " ");
                Self::Conflict(format!("This {noun} stays as long as there are {by} that refer to it."))
            }
            _ => error.into(),
        }
    }

