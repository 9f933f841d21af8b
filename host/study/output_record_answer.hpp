#pragma once

#include <string>

#include "tellina/bytes.hpp"

namespace tellina {

/// One line of output that an answer wants. All parts that are present must hold for it.
struct OutputRecordAnswer {
  Bytes name;              ///< an entry that the line names (see ScannedLine); empty: none is wanted
  std::string expression;  ///< RE2 syntax, found anywhere in the line; empty: any line
  Bytes text;              ///< found anywhere in the line; empty: any line
};

}  // namespace tellina
