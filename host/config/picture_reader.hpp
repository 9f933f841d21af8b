#pragma once

#include <cstddef>
#include <map>
#include <string>

#include "host/config/diagnostics.hpp"
#include "host/config/picture_file.hpp"

namespace tellina {

/// Reads the pictures that texts show, from the configuration's folder. Use one object for each load: it reads each
/// file once, even if many texts show it.
class PictureReader {
 public:
  /// Refers to `diagnostics`.
  PictureReader(std::string folder, Diagnostics& diagnostics)
      : m_folder(std::move(folder)), m_diagnostics(diagnostics) {}

  /// The picture with this name. Reports one that cannot be shown, and returns null then. `place`: the value that has
  /// the text. `line`: " (page.md:3)" for a text in a file, or empty.
  const PictureFile* read(const Config& place, const std::string& name, const std::string& line);

  /// All that were read, by the names that the texts have.
  const std::map<std::string, PictureFile>& pictures() const { return m_pictures; }

 private:
  /// Throws Error with the reason if the file cannot be shown.
  PictureFile load(const std::string& name) const;
  std::string similar_name(const std::string& name) const;

  std::string m_folder;
  Diagnostics& m_diagnostics;
  std::map<std::string, PictureFile> m_pictures;
  std::size_t m_bytes = 0;  ///< of all pictures
};

/// Whether a text for the page has the address of a picture in it, so that it depends on a picture's content.
bool has_picture_address(const std::string& text);

}  // namespace tellina
