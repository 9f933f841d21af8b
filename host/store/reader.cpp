#include "host/store/reader.hpp"

#include <utility>

#include "host/runtime/assertion.hpp"
#include "host/runtime/system.hpp"
#include "host/store/opening.hpp"
#include "host/store/transaction.hpp"

namespace tellina {

std::unique_ptr<StoreReader> StoreReader::open(const std::string& path, const Clock& clock) {
  auto database = open_current_database_to_read(path);
  if (!database) return nullptr;
  return std::make_unique<StoreReader>(std::move(database), clock);
}

StoreReader::StoreReader(std::unique_ptr<Database> database, const Clock& clock)
    : m_database(std::move(database)), m_clock(clock), m_boot_id(boot_id()) {}

void StoreReader::run(const std::function<void(StoreTransaction&)>& job) {
  Transaction transaction(*m_database, m_clock, m_boot_id);
  TELLINA_ASSERT_PROCESS(!m_database->in_transaction());
  m_database->execute("BEGIN");
  try {
    job(transaction);
  } catch (...) {
    m_database->roll_back();
    throw;
  }
  m_database->execute("COMMIT");
  TELLINA_ASSERT_PROCESS(!m_database->in_transaction());
}

}  // namespace tellina
