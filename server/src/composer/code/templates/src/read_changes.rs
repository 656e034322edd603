    /// Reads what changes a row, which has to be something.
    ///
    /// # Errors
    /// As [`Body::read`].
    pub fn read_changes<T>(&self, read: impl FnOnce(&mut Fields) -> T) -> Result<T, Problem> {
        match self.json()? {
            Value::Object(values) if values.is_empty() => Err(Problem::with_field("*", "needs at least one field")),
            _ => self.read(read),
        }
    }

