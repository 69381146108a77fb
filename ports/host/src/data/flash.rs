//! Flash in a file.

use std::fmt;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use embedded_storage_async::nor_flash::{
    ErrorType, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash,
};
use smartevse_core::hardware::Storage;
use smartevse_types::Duration;

/// Name of the file in the directory.
const NAME: &str = "charger.store";

/// Blocks of the flash.
const BLOCKS: usize = 8;

/// Bytes of a block.
const BLOCK: usize = 4096;

/// Byte of erased flash.
const ERASED: u8 = 0xFF;

/// Why the file could not be used.
#[derive(Debug)]
pub struct FlashFailure(io::Error);

impl From<io::Error> for FlashFailure {
    fn from(why: io::Error) -> Self {
        Self(why)
    }
}

impl fmt::Display for FlashFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{NAME} cannot be used: {}", self.0)
    }
}

impl NorFlashError for FlashFailure {
    fn kind(&self) -> NorFlashErrorKind {
        NorFlashErrorKind::Other
    }
}

/// Flash in a file. Each write and erase is on the disk before it counts as
/// done; one that is cut off leaves what a flash would leave.
#[derive(Debug)]
pub struct FileFlash {
    file: File,
    path: PathBuf,
}

impl FileFlash {
    /// Opens the flash in a directory; both are made where they are missing.
    /// Nobody else can open it meanwhile.
    ///
    /// # Errors
    ///
    /// One sentence.
    pub fn open(directory: &Path) -> Result<Self, String> {
        fs::create_dir_all(directory).map_err(|why| format!("cannot be made: {why}"))?;
        let path = directory.join(NAME);
        let failed = |why| FlashFailure(why).to_string();
        if !path.try_exists().map_err(failed)? {
            create(directory, &path, &[ERASED; BLOCKS * BLOCK]).map_err(failed)?;
        }
        let file = OpenOptions::new().read(true).write(true).open(&path);
        let file = file.map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err("another program uses this directory".to_owned());
            }
            Err(TryLockError::Error(why)) => return Err(failed(why)),
        }
        if file.metadata().map_err(failed)?.len() != (BLOCKS * BLOCK) as u64 {
            return Err(format!("{NAME} is not the store of a charger"));
        }
        Ok(Self { file, path })
    }

    /// Makes sure that the file under its name is the one that is written:
    /// bytes in a file that was removed are lost with the program. Where only
    /// the file is gone it is made anew with all that it held.
    ///
    /// # Errors
    ///
    /// The file is another one, its directory is gone, or the file cannot be
    /// made again.
    pub fn is_kept(&mut self) -> io::Result<()> {
        match File::open(&self.path) {
            Ok(found) if is_same(&found, &self.file)? => Ok(()),
            Ok(_) => Err(io::Error::other("another file has taken its place")),
            Err(why) if why.kind() == io::ErrorKind::NotFound => self.renew(),
            Err(why) => Err(why),
        }
    }

    fn renew(&mut self) -> io::Result<()> {
        let mut content = Vec::with_capacity(BLOCKS * BLOCK);
        self.file.seek(SeekFrom::Start(0))?;
        self.file.read_to_end(&mut content)?;
        let directory = self.path.parent().unwrap_or(Path::new("."));
        if !directory.is_dir() {
            return Err(io::Error::other("its directory is gone"));
        }
        create(directory, &self.path, &content)?;
        let file = OpenOptions::new().read(true).write(true).open(&self.path)?;
        file.try_lock()?;
        self.file = file;
        Ok(())
    }

    fn write_at(&mut self, offset: u32, bytes: &[u8]) -> io::Result<()> {
        self.is_kept()?;
        self.file.seek(SeekFrom::Start(u64::from(offset)))?;
        self.file.write_all(bytes)?;
        self.file.sync_data()
    }
}

/// Whether two handles are of one file.
#[cfg(unix)]
fn is_same(one: &File, other: &File) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let (one, other) = (one.metadata()?, other.metadata()?);
    Ok((one.dev(), one.ino()) == (other.dev(), other.ino()))
}

/// Whether two handles are of one file: elsewhere an open file keeps its name.
#[cfg(not(unix))]
fn is_same(_: &File, _: &File) -> io::Result<bool> {
    Ok(true)
}

/// Makes a flash with this content: complete under its name, or not there at all.
fn create(directory: &Path, path: &Path, content: &[u8]) -> io::Result<()> {
    let draft = path.with_extension(format!("new{}", std::process::id()));
    let mut file = File::create(&draft)?;
    let made = file
        .write_all(content)
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::rename(&draft, path));
    if made.is_err() {
        let _ = fs::remove_file(&draft);
    }
    made?;
    // The name is safe once the directory is written; not every system can.
    if let Ok(directory) = File::open(directory) {
        let _ = directory.sync_all();
    }
    Ok(())
}

impl ErrorType for FileFlash {
    type Error = FlashFailure;
}

impl ReadNorFlash for FileFlash {
    const READ_SIZE: usize = 1;

    async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), FlashFailure> {
        let found = self.file.seek(SeekFrom::Start(u64::from(offset)));
        found
            .and_then(|_| self.file.read_exact(bytes))
            .map_err(FlashFailure)
    }

    fn capacity(&self) -> usize {
        BLOCKS * BLOCK
    }
}

impl NorFlash for FileFlash {
    const WRITE_SIZE: usize = 4;
    const ERASE_SIZE: usize = BLOCK;

    async fn erase(&mut self, from: u32, to: u32) -> Result<(), FlashFailure> {
        let blocks = (from..to).step_by(BLOCK);
        let mut erased = blocks.map(|block| self.write_at(block, &[ERASED; BLOCK]));
        erased.try_for_each(|done| done).map_err(FlashFailure)
    }

    async fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), FlashFailure> {
        self.write_at(offset, bytes).map_err(FlashFailure)
    }
}

impl Storage for FileFlash {
    const LONGEST_APPEND: Duration = Duration::ZERO;
    const LONGEST_ERASE: Duration = Duration::ZERO;
}
