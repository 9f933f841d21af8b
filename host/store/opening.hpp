#pragma once

#include <memory>

#include "host/store/database.hpp"

namespace tellina {

/// Opens or makes a store that is ready for work. Throws StoreError for anything that cannot be used, and then has
/// changed nothing in it.
std::unique_ptr<Database> open_database(const std::string& path, const Clock& clock);

/// Opens a store that is there, for queries only. Throws StoreError where it is none of ours, or of a newer version.
std::unique_ptr<Database> open_database_to_read(const std::string& path);

}  // namespace tellina
