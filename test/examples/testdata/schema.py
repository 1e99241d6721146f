"""Writes provider.json: names, types and blocks of the resources that the
Terraform example uses, as the provider for AWS has them.

    npm pack @cdktf/provider-aws@21.22.1 && tar xzf cdktf-provider-aws-21.22.1.tgz
    python3 schema.py package/lib ../../../examples/terraform >provider.json

That package is generated from the provider's own schema, and can be had where
the provider cannot. It does not say which blocks may stand only once.
"""
import json, pathlib, re, sys

lib, module = map(pathlib.Path, sys.argv[1:])


def camel(name):
    head, *rest = name.split("_")
    return head + "".join(r.capitalize() for r in rest)


def struct(js, ts, body, interface):
    """The attributes and blocks in the body of a ToHclTerraform function."""
    declared = re.search(r"export interface %s (?:extends [\w.]+ )?\{(.*?)\n\}" % interface, ts, re.S)[1]
    attributes, blocks = {}, {}
    for name, value, block, kind, of in re.findall(
            r'\n +(\w+): \{\s+value: (.*?),\n\s+isBlock: (\w+),\s+type: "(\w+)",\s+storageClassType: "(\w+)"', body):
        field = re.search(r"readonly %s(\??):" % camel(name), declared)
        required = bool(field) and not field[1]
        function = re.search(r"(\w+)ToHclTerraform", value)[1]
        # blocks that the provider declares as attributes are simple structs too
        if block == "true":
            inner = re.search(r"function %sToHclTerraform\(struct\) \{(.*?)\n\}" % function, js, re.S)[1]
            blocks[name] = {"required": required, **struct(js, ts, inner, function[0].upper() + function[1:])}
        else:
            attributes[name] = {"type": of if kind in ("simple", "map") else kind, "required": required}
    return {"attributes": attributes, "blocks": blocks}


def folder(kind, name):
    return ("data-" if kind == "data" else "") + name.replace("_", "-").replace("aws-", "aws-" if kind == "data" else "", 1)


used = set()
for file in module.glob("*.tf"):
    used |= set(re.findall(r'^(resource|data) "(aws_\w+)"', file.read_text(), re.M))
out = {"provider": None, "resource": {}, "data": {}}
for kind, name in sorted(used):
    js = (lib / folder(kind, name) / "index.js").read_text()
    ts = (lib / folder(kind, name) / "index.d.ts").read_text()
    out["provider"] = re.search(r"providerVersion: '([\d.]+)'", js)[1]
    body = js[js.rindex("synthesizeHclAttributes() {"):]
    config = re.search(r"export interface (\w+Config) extends cdktf.TerraformMetaArguments", ts)[1]
    reads = js[js.rindex("class "):]
    out[kind][name] = {
        **struct(js, ts, body, config),
        "reads": sorted(set(re.findall(r"get\w+Attribute\('(\w+)'\)", reads))),
    }
json.dump(out, sys.stdout, indent=1, sort_keys=True)
print()
