#pragma once
#include "platform/core/member.hpp"

namespace cumulo::json {

/// How JSON tells a member that was left out from one that is null.
using cumulo::member;

}  // namespace cumulo::json
