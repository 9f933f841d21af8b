#pragma once

#include <ostream>
#include <string>
#include <vector>

namespace tellina {

/// Left-aligned columns, two spaces apart; the first row is the heading. Rows have equally many cells.
void print_table(std::ostream& out, const std::vector<std::vector<std::string>>& rows);

}  // namespace tellina
