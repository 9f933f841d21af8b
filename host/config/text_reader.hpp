#pragma once

#include <map>
#include <string>

#include "host/config/diagnostics.hpp"
#include "tellina/bytes.hpp"
#include "tellina/config.hpp"

namespace tellina {

/// Reads the Markdown texts of a configuration: a string, or `{"file": NAME}` for a file whose name is relative to the
/// configuration's folder. Use one object for each load: it reads each file once, even if many texts name it.
class TextReader {
 public:
  /// Refers to `diagnostics`. Names of files are relative to `folder`.
  TextReader(std::string folder, Diagnostics& diagnostics) : m_folder(std::move(folder)), m_diagnostics(diagnostics) {}

  /// `value` must fit the schema's `text`. Reports a file that cannot be read with its place; the result is then empty.
  std::string read(const Config& value);
  /// The same for a file. `place`: the value that names it, for messages.
  std::string read_file(const Config& place, const std::string& name);

  /// All files that were read: names as in the configuration, and contents.
  const std::map<std::string, std::string>& files() const { return m_files; }

 private:
  std::string m_folder;
  Diagnostics& m_diagnostics;
  std::map<std::string, std::string> m_files;
};

}  // namespace tellina
