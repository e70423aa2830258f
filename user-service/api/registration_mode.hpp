#pragma once
#include <boost/describe/enum.hpp>

namespace cumulo::users::api {

/// Who may create an account for themselves.
enum class registration_mode {
  open,        ///< anybody
  invitation,  ///< the first account, then whoever holds an invitation
  closed,      ///< nobody: the command line makes accounts
};
BOOST_DESCRIBE_ENUM(registration_mode, open, invitation, closed)

}  // namespace cumulo::users::api
