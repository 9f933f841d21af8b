#include "host/study/open_link.hpp"

#include <gmock/gmock.h>
#include <boost/json/parse.hpp>

#include "host/limits.hpp"

namespace tellina {
namespace {

using ::testing::HasSubstr;

class OpenLinkTest : public ::testing::Test {
 protected:
  OpenLinkTest() {
    link.id_parameter = "PROLIFIC_PID";
    link.keep_parameters = {"STUDY_ID", "SESSION_ID"};
  }
  EntrantResult read(const std::string& parameters) {
    return read_entrant(link, boost::json::parse(parameters).as_object());
  }
  OpenLink link;
};

TEST_F(OpenLinkTest, KeepsTheIdAndOnlyTheParametersOfTheStudy) {
  const auto result = read(R"({"utm": "x", "SESSION_ID": "s\"1", "PROLIFIC_PID": "Ünal 1"})");
  ASSERT_TRUE(result.entrant);
  EXPECT_EQ(result.entrant->external_id, "Ünal 1");
  EXPECT_EQ(result.entrant->parameters, R"({"SESSION_ID":"s\"1"})");
  EXPECT_EQ(read(R"({"PROLIFIC_PID": "1"})").entrant->parameters, "{}");
}

TEST_F(OpenLinkTest, AnIdMatchesThePatternAsAWhole) {
  link.id_pattern = "a|bc";
  for (const char* const id : {"a", "bc"}) EXPECT_TRUE(read(R"({"PROLIFIC_PID": ")" + std::string(id) + "\"}").entrant);
  for (const char* const id : {"abc", "ac", "b", "A", " a", "a\\n"}) {
    EXPECT_FALSE(read(R"({"PROLIFIC_PID": ")" + std::string(id) + "\"}").entrant) << id;
  }
}

TEST_F(OpenLinkTest, RefusesWithASentenceThatQuotesNothingOfTheLink) {
  const auto missing = read(R"({"prolific_pid": "1"})");
  EXPECT_THAT(missing.fault, HasSubstr("it has no \"PROLIFIC_PID\""));
  EXPECT_EQ(read(R"({"PROLIFIC_PID": ""})").fault, missing.fault);
  const std::string long_id(limits::external_id + 1, 'x');
  for (const std::string& value : {"\"" + long_id + "\"", std::string("7"), std::string("null"),
                                   std::string("\"a\\u0000\""), std::string("\"\\u202e\"")}) {
    const auto result = read("{\"PROLIFIC_PID\": " + value + "}");
    EXPECT_FALSE(result.entrant) << value;
    EXPECT_THAT(result.fault, HasSubstr("\"PROLIFIC_PID\" of a form that this study does not use")) << value;
  }
  EXPECT_TRUE(read(R"({"PROLIFIC_PID": ")" + long_id.substr(1) + "\"}").entrant);
  const std::string long_value(limits::entry_parameter + 1, 'x');
  EXPECT_THAT(read(R"({"PROLIFIC_PID": "1", "STUDY_ID": ")" + long_value + "\"}").fault, HasSubstr("\"STUDY_ID\""));
  EXPECT_TRUE(read(R"({"PROLIFIC_PID": "1", "other": ")" + long_value + "\"}").entrant);
}

TEST_F(OpenLinkTest, IsClosedByALimitOfNobodyOrWithEveryGroup) {
  Design design;
  design.open_link = link;
  EXPECT_FALSE(is_entry_closed(design));
  design.groups.resize(2);
  design.groups[0].name = "1";
  design.groups[1].name = "2";
  design.assignment.closed = {"1"};
  EXPECT_FALSE(is_entry_closed(design));
  design.assignment.closed = {"1", "2"};
  EXPECT_TRUE(is_entry_closed(design));
  design.assignment.closed.clear();
  design.open_link->limit = 0;
  EXPECT_TRUE(is_entry_closed(design));
}

}  // namespace
}  // namespace tellina
