//! Columns that hold one of a few words: an enum in Rust, text in the database and in JSON.

/// One of a few words.
pub trait Words: Copy + PartialEq + 'static {
    /// Every word, in the order in which a reader should meet them.
    const ALL: &'static [Self];

    /// The word itself.
    fn as_str(self) -> &'static str;

    /// The value of a word.
    fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|word| word.as_str() == text)
    }

    /// Every word, for messages.
    fn list() -> String {
        let words: Vec<&str> = Self::ALL.iter().map(|word| word.as_str()).collect();
        words.join(", ")
    }
}

/// Makes an enum of words: `words! { /// What it says. Name { Variant = "word", } }`.
macro_rules! words {
    ($(#[$about:meta])* $name:ident { $($variant:ident = $word:literal,)+ }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name {
            $(#[doc = $word] $variant,)+
        }

        impl $crate::words::Words for $name {
            const ALL: &'static [Self] = &[$(Self::$variant),+];

            fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str($crate::words::Words::as_str(*self))
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                let unknown = || format!("must be one of {}", <Self as $crate::words::Words>::list());
                $crate::words::Words::parse(&text).ok_or_else(|| serde::de::Error::custom(unknown()))
            }
        }

        impl sqlx::Type<sqlx::Postgres> for $name {
            fn type_info() -> sqlx::postgres::PgTypeInfo {
                <str as sqlx::Type<sqlx::Postgres>>::type_info()
            }
        }

        impl sqlx::postgres::PgHasArrayType for $name {
            fn array_type_info() -> sqlx::postgres::PgTypeInfo {
                <&str as sqlx::postgres::PgHasArrayType>::array_type_info()
            }
        }

        impl sqlx::Encode<'_, sqlx::Postgres> for $name {
            fn encode_by_ref(
                &self,
                buffer: &mut sqlx::postgres::PgArgumentBuffer,
            ) -> Result<sqlx::encode::IsNull, sqlx::error::BoxDynError> {
                let word = $crate::words::Words::as_str(*self);
                <&str as sqlx::Encode<'_, sqlx::Postgres>>::encode(word, buffer)
            }
        }

        impl sqlx::Decode<'_, sqlx::Postgres> for $name {
            fn decode(value: sqlx::postgres::PgValueRef<'_>) -> Result<Self, sqlx::error::BoxDynError> {
                let word = <&str as sqlx::Decode<'_, sqlx::Postgres>>::decode(value)?;
                $crate::words::Words::parse(word).ok_or_else(|| format!("{word:?} is no word of this column").into())
            }
        }
    };
}
pub(crate) use words;
