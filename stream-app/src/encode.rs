//! From a record's own bytes and its prediction to the record that goes out: the prediction is spliced in, every
//! other byte stays as it came.

use crate::bad_record::BadRecord;
use model_runtime::record::Layout;
use model_runtime::{Metadata, Output};
use std::io::Write;
use std::ops::Range;

/// The name of the field that holds the margin.
const MARGIN: &str = "margin";

/// Writes predictions into records. Holds the fields' escaped names and scratch.
#[derive(Debug)]
pub struct Encoder {
    /// In the order in which they are added to a record, which is that of [`Layout::value`]'s indices.
    fields: Vec<Field>,
    texts: Texts,
    edits: Vec<Edit>,
    replacements: Vec<u8>,
    added: Vec<u8>,
}

/// A field that is written to a record.
#[derive(Debug)]
struct Field {
    name: String,
    /// The name as JSON text, with its colon.
    key: String,
    content: Content,
}

#[derive(Clone, Copy, Debug)]
enum Content {
    Value,
    Label,
    Probabilities,
    Margin,
}

/// A place in the record and what stands there afterwards, as a range of `replacements`.
#[derive(Debug)]
struct Edit {
    place: Range<usize>,
    replacement: Range<usize>,
}

impl Encoder {
    /// An encoder for one model's predictions, with their margins if asked for.
    pub fn new(metadata: &'static Metadata, margin: bool) -> Self {
        let mut fields = Vec::new();
        if metadata.classes().is_empty() {
            fields.push(Field::new(metadata.response.to_owned(), Content::Value));
        } else {
            fields.push(Field::new(metadata.response.to_owned(), Content::Label));
            fields.push(Field::new(format!("{}_probabilities", metadata.response), Content::Probabilities));
        }
        if margin {
            fields.push(Field::new(MARGIN.to_owned(), Content::Margin));
        }
        let texts = Texts::new(metadata);
        Self { fields, texts, edits: Vec::new(), replacements: Vec::new(), added: Vec::new() }
    }

    /// The names of the fields that are written: what the reader of the records has to locate, in this order.
    pub fn field_names(&self) -> Vec<&str> {
        self.fields.iter().map(|field| field.name.as_str()).collect()
    }

    /// Appends `record` with its prediction to `output`; where there is an error, `output` stays as it was.
    pub fn encode(
        &mut self,
        record: &[u8],
        layout: &Layout,
        margins: &[f64],
        prediction: &[f64],
        output: &mut Vec<u8>,
    ) -> Result<(), BadRecord> {
        let Self { fields, texts, edits, replacements, added } = self;
        edits.clear();
        replacements.clear();
        added.clear();
        for (index, field) in fields.iter().enumerate() {
            if let Some(place) = layout.value(index) {
                let start = replacements.len();
                texts.write(field.content, margins, prediction, replacements)?;
                edits.push(Edit { place, replacement: start..replacements.len() });
            } else {
                if layout.has_fields || !added.is_empty() {
                    added.push(b',');
                }
                added.extend_from_slice(field.key.as_bytes());
                texts.write(field.content, margins, prediction, added)?;
            }
        }
        edits.sort_unstable_by_key(|edit| edit.place.start);
        let mut at = 0;
        for Edit { place, replacement } in edits {
            output.extend_from_slice(&record[at..place.start]);
            output.extend_from_slice(&replacements[replacement.clone()]);
            at = place.end;
        }
        output.extend_from_slice(&record[at..layout.closing_brace]);
        output.extend_from_slice(added);
        output.extend_from_slice(&record[layout.closing_brace..]);
        Ok(())
    }
}

impl Field {
    fn new(name: String, content: Content) -> Self {
        let key = format!("{}:", json_string(&name));
        Self { name, key, content }
    }
}

/// How one model's predictions read in JSON.
#[derive(Debug)]
struct Texts {
    metadata: &'static Metadata,
    /// The class labels as JSON strings.
    labels: Vec<String>,
}

impl Texts {
    fn new(metadata: &'static Metadata) -> Self {
        Self { metadata, labels: metadata.classes().iter().map(|label| json_string(label)).collect() }
    }

    fn write(
        &self,
        content: Content,
        margins: &[f64],
        prediction: &[f64],
        text: &mut Vec<u8>,
    ) -> Result<(), BadRecord> {
        match content {
            Content::Value if prediction.len() > 1 => self.write_array(prediction, text),
            Content::Value => match self.metadata.output {
                Output::Number => self.write_number(prediction[0], text),
                Output::Integer => self.write_integer(prediction[0], text),
            },
            Content::Label => {
                let class = self.metadata.label(prediction).unwrap_or_default();
                text.extend_from_slice(self.labels[class].as_bytes());
                Ok(())
            }
            Content::Probabilities => self.write_probabilities(prediction, text),
            Content::Margin => match margins {
                [margin] => self.write_number(*margin, text),
                margins => self.write_array(margins, text),
            },
        }
    }

    fn write_number(&self, number: f64, text: &mut Vec<u8>) -> Result<(), BadRecord> {
        self.check_finite(number)?;
        // The shortest text that reads back to the same bits. Writing to a `Vec` can't fail.
        serde_json::to_writer(text, &number).expect("a Vec takes every byte");
        Ok(())
    }

    /// Every digit of the number cut off towards zero, which is exact however large it is.
    fn write_integer(&self, number: f64, text: &mut Vec<u8>) -> Result<(), BadRecord> {
        self.check_finite(number)?;
        // Adding 0 makes a 0 of -0.
        write!(text, "{:.0}", number.trunc() + 0.0).expect("a Vec takes every byte");
        Ok(())
    }

    fn write_probabilities(&self, probabilities: &[f64], text: &mut Vec<u8>) -> Result<(), BadRecord> {
        text.push(b'{');
        for (class, (label, probability)) in self.labels.iter().zip(probabilities).enumerate() {
            if class > 0 {
                text.push(b',');
            }
            text.extend_from_slice(label.as_bytes());
            text.push(b':');
            self.write_number(*probability, text)?;
        }
        text.push(b'}');
        Ok(())
    }

    fn write_array(&self, numbers: &[f64], text: &mut Vec<u8>) -> Result<(), BadRecord> {
        text.push(b'[');
        for (index, number) in numbers.iter().enumerate() {
            if index > 0 {
                text.push(b',');
            }
            self.write_number(*number, text)?;
        }
        text.push(b']');
        Ok(())
    }

    fn check_finite(&self, number: f64) -> Result<(), BadRecord> {
        let field = self.metadata.response;
        if number.is_finite() { Ok(()) } else { Err(BadRecord::NotFinite { field }) }
    }
}

fn json_string(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
