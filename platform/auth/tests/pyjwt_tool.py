"""Makes and checks tokens with PyJWT, for pyjwt_test.cpp.

    pyjwt_tool.py sign PRIVATE_PEM KID TYP CLAIMS_JSON   prints the token
    pyjwt_tool.py verify JWKS_FILE TOKEN                 prints the claims as JSON
"""
import json
import sys

import jwt


def sign(pem_file, key_id, token_type, claims):
    with open(pem_file, encoding="ascii") as pem:
        return jwt.encode(json.loads(claims), pem.read(), algorithm="ES256",
                          headers={"kid": key_id, "typ": token_type})


def verify(jwks_file, token):
    with open(jwks_file, encoding="ascii") as text:
        keys = jwt.PyJWKSet.from_json(text.read())
    header = jwt.get_unverified_header(token)
    key = next(k for k in keys.keys if k.key_id == header["kid"])
    claims = jwt.decode(token, key.key, algorithms=["ES256"], audience="cumulo", issuer="cumulo",
                        options={"require": ["exp", "iat", "sub", "jti"]})
    return json.dumps({"header": header, "claims": claims}, sort_keys=True)


if __name__ == "__main__":
    print({"sign": sign, "verify": verify}[sys.argv[1]](*sys.argv[2:]), end="")
