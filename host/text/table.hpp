#pragma once

#include <ostream>
#include <string>
#include <vector>

namespace tellina {

/// Prints left-aligned columns, two spaces apart. The first row is the heading. All rows have the same number of cells.
void print_table(std::ostream& out, const std::vector<std::vector<std::string>>& rows);

}  // namespace tellina
