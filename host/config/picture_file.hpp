#pragma once

#include <memory>
#include <string>

#include "tellina/bytes.hpp"
#include "tellina/text.hpp"

namespace tellina {

/// A picture that a text of the study shows: a checked file beside the configuration.
struct PictureFile {
  std::string name;       ///< as the configuration names it, relative to its folder: "pictures/a map.png"
  std::string file_name;  ///< the last part of the name: "a map.png"
  std::string hash;       ///< the first limits::picture_hash digits of the content's SHA-256
  std::string content_type;
  std::shared_ptr<const Bytes> content;

  /// As texts for the page name it, relative to the server's base path: "study/HASH/a%20map.png".
  std::string address() const { return "study/" + hash + "/" + percent_encode(file_name); }
};

}  // namespace tellina
