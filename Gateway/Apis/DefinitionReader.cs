using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text.Json;
using RigKafka.Http;
using RigKafka.Settings;

namespace RigKafka.Apis;

/// <summary>Makes a definition of its JSON, or says everything that is wrong with it.</summary>
/// <param name="endpoints">Reads the endpoints.</param>
/// <param name="apiPorts">The ports of this node's own API, as far as they are known beforehand.</param>
internal sealed class DefinitionReader(EndpointReader endpoints, IReadOnlyList<int> apiPorts)
{
    private const int MaxIdLength = 200;

    /// <summary>Null when there are mistakes; all of them are noted, each with its place.</summary>
    /// <param name="json">The definition.</param>
    /// <param name="mistakes">Where they are noted.</param>
    /// <param name="place">Where the definition stands, in the words of the mistakes.</param>
    /// <param name="isWritten">Whether it is about to be taken over, and so must not aim at what is the gateway's own; one that is in the table already is seen to at each call.</param>
    public ApiDefinition? Read(JsonElement json, List<string> mistakes, string place = "", bool isWritten = false)
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            mistakes.Add($"{(place.Length == 0 ? "definition" : place)}: expected an object.");
            return null;
        }

        var before = mistakes.Count;
        var fields = new Fields(json, place, mistakes);
        var id = Id(fields);
        var name = fields.Text("name") ?? "";
        var active = fields.Bool("active") ?? true;
        var auth = Auth(fields);
        if (fields.Bool("versioned") is true)
        {
            fields.Refuse("versioned", "expected false: there is one version of an API, version_data.default");
        }

        var calls = Endpoints(fields, out var passed);
        var target = calls?.All(call => call.Record is not null) is not true ? Target(fields, isWritten && active) : null;
        return mistakes.Count == before ? new ApiDefinition(id!, name, active, auth, calls!.Value, target, json) { PassedHeaders = passed } : null;
    }

    private static string? Id(Fields fields)
    {
        var id = fields.RequiredText("id");
        if (id is { Length: 0 or > MaxIdLength } || id?.Contains('/') is true)
        {
            fields.Refuse("id", $"expected 1 to {MaxIdLength} characters without a slash");
        }

        return id;
    }

    private static AuthRule? Auth(Fields fields)
    {
        var type = fields.Text("auth_type") ?? "none";
        var rule = fields.Object("auth") is { } auth
            ? new AuthRule(auth.Bool("use_header") ?? false, auth.Text("header_name") ?? "", auth.Bool("use_query") ?? false, auth.Text("query_name") ?? "")
            : new AuthRule(false, "", false, "");
        if (type == "none")
        {
            return null;
        }

        if (type != "jwt")
        {
            fields.Refuse("auth_type", "expected none or jwt");
            return null;
        }

        if (!rule.UseHeader && !rule.UseQuery)
        {
            fields.Refuse("auth", "expected use_header or use_query to be true, or no token could be found");
        }

        if (rule.UseHeader && !StrictRequest.IsName(rule.HeaderName))
        {
            fields.Refuse("auth.header_name", "expected the name of a header");
        }

        if (rule.UseQuery && rule.QueryName.Length == 0)
        {
            fields.Refuse("auth.query_name", "expected the name of a parameter");
        }

        return rule;
    }

    private ImmutableArray<ApiEndpoint>? Endpoints(Fields fields, out FrozenSet<string> passed)
    {
        passed = FrozenSet<string>.Empty;
        if (fields.RequiredObject("version_data")?.RequiredObject("default") is not { } version)
        {
            return null;
        }

        passed = PassedHeaders(version);
        var added = AddHeaders(version);
        var calls = version.RequiredObjects("endpoints")?.Select(endpoint => endpoints.Read(endpoint, added)).ToList();
        return calls is not null && calls.All(call => call is not null) ? [.. calls.OfType<ApiEndpoint>()] : null;
    }

    private static FrozenSet<string> PassedHeaders(Fields version)
    {
        const string Name = "pass_request_headers";
        var names = version.Texts(Name);
        if (!names.TrueForAll(StrictRequest.IsName))
        {
            version.Refuse(Name, "expected names of headers");
        }

        return names.ToFrozenSet(StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>Null when there are none to add.</summary>
    private static ImmutableArray<KeyValuePair<string, string>>? AddHeaders(Fields version)
    {
        if (version.Object("transform_request_headers")?.Object("add_headers") is not { } given)
        {
            return null;
        }

        var headers = ImmutableArray.CreateBuilder<KeyValuePair<string, string>>();
        foreach (var name in given.Names())
        {
            if (!StrictRequest.IsName(name) || HeaderRules.IsOfTheConnection(name))
            {
                given.Refuse(name, "expected the name of a header that does not belong to the connection");
            }
            else if (!given.Has(name))
            {
                given.Refuse(name, "expected text");
            }
            else if (given.Text(name) is { } value)
            {
                headers.Add(new(name, value));
            }
        }

        return headers.ToImmutable();
    }

    private ApiTarget? Target(Fields fields, bool isWritten)
    {
        if (fields.RequiredObject("proxy") is not { } proxy)
        {
            return null;
        }

        var (useEnv, url, port) = (proxy.RequiredBool("use_env"), proxy.RequiredText("target_url"), proxy.Integer("port", 1, 65_535));
        if (!proxy.Has("port"))
        {
            proxy.Refuse("port", "expected an integer from 1 to 65535, and it is missing");
        }

        var version = proxy.Text("http_version") ?? "1.1";
        if (version is not ("1.1" or "2"))
        {
            proxy.Refuse("http_version", "expected \"1.1\" or \"2\"");
        }

        if (useEnv is true && url is { } variable && (variable.Length == 0 || variable.AsSpan().ContainsAny('=', ' ', ':')))
        {
            proxy.Refuse("target_url", "expected the name of an environment variable, since use_env is true");
        }

        if (useEnv is false && url is not null && !ApiTarget.TryParse(url, port ?? 1, out _))
        {
            proxy.Refuse("target_url", "expected a host, with http:// or https:// before it or not, without a port or a path");
        }

        if (isWritten && useEnv is true && url is not null && OwnVariables.Include(url))
        {
            proxy.Refuse("target_url", "expected a variable that is no setting of the gateway");
        }

        if (isWritten && useEnv is false && url is not null && port is { } own && apiPorts.Contains(own) && ApiTarget.TryParse(url, own, out var address) && OwnMachine.IsLiteral(new Uri(address).Host))
        {
            proxy.Refuse("port", "expected another port: on this machine it is that of the gateway's own API");
        }

        return new ApiTarget(useEnv ?? false, url ?? "", port ?? 0, version == "2");
    }
}
