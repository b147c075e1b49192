//! The zip: its files by name, `model.ini`, and the domains.

use super::EXPORT_AGAIN;
use crate::problem::Problem;
use std::io::{Cursor, Read};
use zip::{ZipArchive, result::ZipError};

/// Most bytes of one file unpacked. A tree's size stands in four bytes, and trees past this are past the limit of nodes.
const FILE_BYTES_MAX: u64 = 256 << 20;

/// An open archive.
#[derive(Debug)]
pub(super) struct Archive<'a> {
    zip: ZipArchive<Cursor<&'a [u8]>>,
}

/// `model.ini`: what it says of the model, the columns, and a line for each domain.
#[derive(Debug, Default)]
pub(super) struct Ini {
    info: Vec<(String, String)>,
    pub columns: Vec<String>,
    pub domains: Vec<String>,
}

impl Ini {
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.info.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    fn of(text: &str) -> Self {
        let mut ini = Self::default();
        let mut section = "";
        // A column's name may begin or end in blanks.
        for line in text.lines().filter(|line| !line.is_empty()) {
            match (section, line) {
                (_, "[info]" | "[columns]" | "[domains]") => section = line,
                ("[info]", line) => {
                    let (name, value) = line.split_once('=').unwrap_or((line, ""));
                    ini.info.push((name.trim().to_owned(), value.trim().to_owned()));
                }
                ("[columns]", name) => ini.columns.push(name.to_owned()),
                ("[domains]", domain) => ini.domains.push(domain.to_owned()),
                _ => {}
            }
        }
        ini
    }
}

impl<'a> Archive<'a> {
    pub(super) fn open(bytes: &'a [u8]) -> Result<Self, Problem> {
        match ZipArchive::new(Cursor::new(bytes)) {
            Ok(zip) => Ok(Self { zip }),
            Err(error) => {
                let found = format!("the archive can't be read: {error}");
                Err(Problem::new(found, "copy or export the whole file"))
            }
        }
    }

    /// A file's bytes, where the archive has it.
    pub(super) fn bytes(&mut self, name: &str) -> Result<Option<Vec<u8>>, Problem> {
        let refuse = |found: String| Problem::new(found, EXPORT_AGAIN).at(name.to_owned());
        let file = match self.zip.by_name(name) {
            Ok(file) => file,
            Err(ZipError::FileNotFound) => return Ok(None),
            Err(error) => return Err(refuse(error.to_string())),
        };
        let mut bytes = Vec::new();
        file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(|error| refuse(error.to_string()))?;
        if bytes.len() as u64 > FILE_BYTES_MAX {
            return Err(refuse(format!("it unpacks to more than {FILE_BYTES_MAX} bytes")));
        }
        Ok(Some(bytes))
    }

    pub(super) fn ini(&mut self) -> Result<Ini, Problem> {
        let name = "model.ini";
        match self.bytes(name)? {
            Some(bytes) => Ok(Ini::of(&text(bytes, name)?)),
            None => Err(Problem::new("the archive has no `model.ini`, so it is no MOJO", EXPORT_AGAIN)),
        }
    }

    /// The column that a line of `[domains]` is of, and its levels.
    pub(super) fn domain(&mut self, line: &str, ini: &Ini) -> Result<(usize, Vec<String>), Problem> {
        let refuse = |found: String| Problem::new(found, EXPORT_AGAIN).at("model.ini [domains]");
        let parsed = || {
            let (column, rest) = line.split_once(':')?;
            let (size, file) = rest.trim().split_once(' ')?;
            Some((
                column.trim().parse().ok()?,
                size.parse::<usize>().ok()?,
                format!("domains/{}", file.trim()),
            ))
        };
        let Some((column, size, file)) = parsed() else {
            return Err(refuse(format!("{line:?} is no column, size and file")));
        };
        let Some(bytes) = self.bytes(&file)? else {
            return Err(refuse(format!("there is no file {file}")));
        };
        let escaped = ini.get("escape_domain_values") == Some("true");
        // Only line feeds end a level: `lines` would take a carriage return with it.
        let text = text(bytes, &file)?;
        let text = text.strip_suffix('\n').unwrap_or(&text);
        let levels: Vec<String> =
            text.split('\n').map(|level| if escaped { unescaped(level) } else { level.to_owned() }).collect();
        if levels.len() == size {
            Ok((column, levels))
        } else {
            Err(refuse(format!("{file} holds {} levels where {size} are expected", levels.len())))
        }
    }
}

fn text(bytes: Vec<u8>, file: &str) -> Result<String, Problem> {
    String::from_utf8(bytes)
        .map_err(|_| Problem::new("the file is not UTF-8", EXPORT_AGAIN).at(file.to_owned()))
}

/// A backslash and n or r stand for a line break; any other backslash is one.
fn unescaped(level: &str) -> String {
    level.replace("\\n", "\n").replace("\\r", "\r")
}
