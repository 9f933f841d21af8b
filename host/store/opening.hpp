#pragma once

#include <memory>

#include "host/store/database.hpp"
#include "tellina/log.hpp"

namespace tellina {

/// Opens a store, or creates it if `opening` allows that, and migrates it. Throws StoreError if it cannot be used; then
/// nothing in it has changed. Refuses a missing or empty file that has a log, because SQLite would delete the log.
///
/// Only the owner may open the file and its companions, whatever the umask: the permissions of an existing file are
/// changed, which is logged.
std::unique_ptr<Database> open_database(const std::string& path, Opening opening, const Clock& clock, Log& log);

/// Opens an existing store for queries only. Throws StoreError if it is not a store or has a newer version.
std::unique_ptr<Database> open_database_to_read(const std::string& path);

/// The same; null if the file does not exist yet. Throws StoreError also if it has an older version.
std::unique_ptr<Database> open_current_database_to_read(const std::string& path);

}  // namespace tellina
