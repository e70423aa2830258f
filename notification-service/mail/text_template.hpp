#pragma once
// Texts with holes: {{name}}, and {{#name}}…{{/name}} that is there only if the value is. No I/O.
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace cumulo::notifications::mail {

enum class escaping { none, html };

/// & < > " ' as entities; control characters but tab and line end are left out.
[[nodiscard]] std::string escape_html(std::string_view text);

using template_values = std::map<std::string, std::string, std::less<>>;

class text_template {
 public:
  /// Throws std::logic_error for a hole that is not closed, or named by anything but a-z and "_": a mistake of ours.
  explicit text_template(std::string_view text);

  /// Every value is escaped. A name without a value is std::logic_error; an empty value is a value, and hides its
  /// section. Values are never searched for holes.
  [[nodiscard]] std::string render(const template_values& values, escaping how) const;

  /// The names it asks for.
  [[nodiscard]] std::vector<std::string> names() const;

 private:
  enum class part_kind { literal, value, begin, end };
  struct part {
    part_kind kind;
    std::string text;
  };
  std::vector<part> parts_;
};

}  // namespace cumulo::notifications::mail
