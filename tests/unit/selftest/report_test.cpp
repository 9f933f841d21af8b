#include "host/selftest/report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tellina {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using Outcome = SelfTestStep::Outcome;

SelfTestReport report_of(const std::vector<Outcome>& outcomes) {
  SelfTestReport report;
  for (const Outcome outcome : outcomes) {
    SelfTestStep& step = report.steps.emplace_back("step " + std::to_string(report.steps.size()));
    step.outcome = outcome;
    step.took = std::chrono::milliseconds(1234);
    if (outcome == Outcome::failed) step.reason = "no answer";
  }
  return report;
}

TEST(SelfTestReport, HasPassedOnlyWhenEachOfItsStepsHas) {
  EXPECT_TRUE(report_of({Outcome::passed}).passed());
  EXPECT_TRUE(report_of({Outcome::passed, Outcome::passed}).passed());
  EXPECT_FALSE(report_of({Outcome::failed, Outcome::passed}).passed());
  EXPECT_FALSE(report_of({Outcome::passed, Outcome::failed}).passed());
  EXPECT_FALSE(report_of({Outcome::passed, Outcome::not_reached}).passed());
  EXPECT_FALSE(report_of({}).passed()) << "nothing was tried";
  EXPECT_FALSE(SelfTestReport::failure("a step", "a reason").passed());
}

TEST(SelfTestPage, ShowsTheOutcomeOfEachStep) {
  const std::string page = self_test_page(report_of({Outcome::passed, Outcome::failed, Outcome::not_reached}));
  EXPECT_THAT(page, AllOf(HasSubstr("<title>Tests failed &ndash;"), HasSubstr("<h1>Tests failed</h1>"),
                          HasSubstr("<tr><td>step 0</td><td>passed</td><td>1.23 s</td></tr>\n"),
                          HasSubstr("<tr><td>step 1<p>no answer</p></td><td>failed</td><td>1.23 s</td></tr>\n"),
                          HasSubstr("<tr><td>step 2</td><td>not reached</td><td></td></tr>\n")));
  EXPECT_THAT(page, Not(HasSubstr("<pre>"))) << "there is no log";
  EXPECT_THAT(self_test_page(report_of({Outcome::passed})),
              AllOf(HasSubstr("<title>Tests passed &ndash;"), HasSubstr("<h1>Tests passed</h1>")));
}

TEST(SelfTestPage, ShowsReasonsAndLogAsText) {
  SelfTestReport report =
      SelfTestReport::failure("<b>a step</b>", "the terminal shows: <script>alert('\"&')</script>\x1b[31m\r\nnext");
  report.log = {"first <line>", std::string("a\0b", 3), "last"};
  const std::string page = self_test_page(report);
  EXPECT_THAT(page, AllOf(HasSubstr("&lt;b&gt;a step&lt;/b&gt;"),
                          HasSubstr("<p>the terminal shows: &lt;script&gt;alert('&quot;&amp;')&lt;/script&gt; [31m "
                                    "\nnext</p>"),
                          HasSubstr("<pre>first &lt;line&gt;\na b\nlast\n</pre>")));
}

}  // namespace
}  // namespace tellina
