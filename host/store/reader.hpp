#pragma once

/// Reads a store while a server writes it.

#include <functional>
#include <memory>
#include <string>

#include "host/store/database.hpp"
#include "host/store/store.hpp"

namespace tellina {

/// Takes no lock that delays a writer, and does not change the file.
///
/// Threads: one at a time.
class StoreReader {
 public:
  /// Null if the file does not exist yet. Throws StoreError if it is not a store or has another version.
  static std::unique_ptr<StoreReader> open(const std::string& path, const Clock& clock);

  explicit StoreReader(std::unique_ptr<Database> database, const Clock& clock);
  /// The job sees one snapshot. Throws StoreError, also if the job writes.
  void run(const std::function<void(StoreTransaction&)>& job);

 private:
  std::unique_ptr<Database> m_database;
  const Clock& m_clock;
  const std::string m_boot_id;
};

}  // namespace tellina
