#pragma once

#include <map>
#include <string>

#include "host/config/diagnostics.hpp"
#include "host/config/picture_reader.hpp"
#include "tellina/bytes.hpp"
#include "tellina/config.hpp"

namespace tellina {

/// Reads the Markdown texts of a configuration: a string, or `{"file": NAME}` for a file whose name is relative to the
/// configuration's folder. Use one object for each load: it reads each file once, even if many texts name it.
///
/// In the texts that it returns, the name of each picture beside the configuration is replaced by its address,
/// "study/HASH/NAME", so a text changes with the content of its pictures.
class TextReader {
 public:
  /// Refers to `diagnostics`. Names of files are relative to `folder`.
  TextReader(std::string folder, Diagnostics& diagnostics)
      : m_folder(std::move(folder)),
        m_diagnostics(diagnostics),
        m_warnings(diagnostics.file()),
        m_pictures(m_folder, diagnostics) {}

  /// `value` must fit the schema's `text`. Reports a file that cannot be read with its place; the result is then empty.
  std::string read(const Config& value);
  /// The same for a string, also one that is not the schema's `text`.
  std::string read_string(const Config& value) { return with_pictures(value, value.as_string(), ""); }
  /// The same for a file. `place`: the value that names it, for messages.
  std::string read_file(const Config& place, const std::string& name);

  /// All files that were read: names as in the configuration, and contents as on the disk.
  const std::map<std::string, std::string>& files() const { return m_files; }
  /// All pictures that the texts show, by name.
  const std::map<std::string, PictureFile>& pictures() const { return m_pictures.pictures(); }
  /// About pictures that the page does not show to everyone.
  const Diagnostics& warnings() const { return m_warnings; }

 private:
  /// `file`: the name of the file that has the text, or empty.
  std::string with_pictures(const Config& place, const std::string& text, const std::string& file);

  std::string m_folder;
  Diagnostics& m_diagnostics;
  Diagnostics m_warnings;
  PictureReader m_pictures;
  std::map<std::string, std::string> m_files;
  std::map<std::string, std::string> m_texts;  ///< of the files, with the addresses of pictures
};

}  // namespace tellina
