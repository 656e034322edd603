
    /// A field that keeps its value when it is left out.
    pub fn changed<T: Blank>(&mut self, field: &str, check: fn(&Value) -> Checked<T>) -> Option<T> {
        let value = self.values.remove(field)?;
        Some(self.checked(field, &value, check))
    }

    /// A field that keeps its value when it is left out, and loses it when it is null.
    pub fn changed_or_cleared<T: Blank>(&mut self, field: &str, check: fn(&Value) -> Checked<T>) -> Option<Option<T>> {
        match self.values.remove(field)? {
            Value::Null => Some(None),
            value => Some(Some(self.checked(field, &value, check))),
        }
    }
