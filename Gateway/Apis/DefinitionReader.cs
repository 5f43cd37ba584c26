using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text.Json;
using RigKafka.Http;
using RigKafka.Settings;

namespace RigKafka.Apis;

/// <summary>Reads a definition from its JSON, or notes all its mistakes.</summary>
/// <param name="reader">Reads the endpoints.</param>
/// <param name="apiPorts">The ports of this node's own API, as far as the settings name them.</param>
internal sealed class DefinitionReader(EndpointReader reader, IReadOnlyList<int> apiPorts)
{
    private const int MaxIdLength = 200;

    /// <summary>Framing, and headers that hold for one connection only (RFC 9110, section 7.6.1): a definition must not set them.</summary>
    private static readonly FrozenSet<string> ConnectionHeaders = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        "Connection", "Keep-Alive", "Proxy-Connection", "TE", "Trailer", "Transfer-Encoding", "Upgrade", "Content-Length");

    /// <summary>Null if there are mistakes; all of them are noted, each with its place.</summary>
    /// <param name="json">The definition.</param>
    /// <param name="mistakes">Where they are noted.</param>
    /// <param name="place">Where the definition stands, as a prefix of the places in the mistakes.</param>
    /// <param name="isWritten">
    /// Whether it is about to be stored, and so must not lead to the gateway's own API or settings. For one that is in the table, each call
    /// is checked.
    /// </param>
    public ApiDefinition? Read(JsonElement json, List<string> mistakes, string place = "", bool isWritten = false)
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            mistakes.Add($"{(place.Length == 0 ? "definition" : place)}: expected an object.");
            return null;
        }

        var before = mistakes.Count;
        var fields = new DefinitionFields(json, place, mistakes);
        var id = Id(fields);
        var name = fields.Text("name") ?? "";
        var active = fields.Bool("active") ?? true;
        var auth = Auth(fields);
        if (fields.Bool("versioned") is true)
        {
            fields.AddMistake("versioned", "expected false: there is one version of an API, version_data.default");
        }

        var endpoints = Endpoints(fields, out var passed);
        var target = endpoints?.All(endpoint => endpoint.Kafka is not null) is not true ? Target(fields, isWritten && active) : null;
        return mistakes.Count > before ? null : new ApiDefinition
        {
            Id = id!,
            Name = name,
            Active = active,
            Auth = auth,
            Endpoints = endpoints!.Value,
            Target = target,
            PassedHeaders = passed,
            Json = json,
        };
    }

    private static string? Id(DefinitionFields fields)
    {
        var id = fields.RequiredText("id");
        if (id is { Length: 0 or > MaxIdLength } || id?.Contains('/') is true)
        {
            fields.AddMistake("id", $"expected 1 to {MaxIdLength} characters without a slash");
        }

        return id;
    }

    private static AuthRule? Auth(DefinitionFields fields)
    {
        var type = fields.Text("auth_type") ?? "none";
        var rule = fields.Object("auth") is { } auth
            ? new AuthRule(
                UseHeader: auth.Bool("use_header") ?? false,
                HeaderName: auth.Text("header_name") ?? "",
                UseQuery: auth.Bool("use_query") ?? false,
                QueryName: auth.Text("query_name") ?? "")
            : new AuthRule(false, "", false, "");
        if (type == "none")
        {
            return null;
        }

        if (type != "jwt")
        {
            fields.AddMistake("auth_type", "expected none or jwt");
            return null;
        }

        if (!rule.UseHeader && !rule.UseQuery)
        {
            fields.AddMistake("auth", "expected use_header or use_query to be true, or no token could be found");
        }

        if (rule.UseHeader && !StrictRequest.IsName(rule.HeaderName))
        {
            fields.AddMistake("auth.header_name", "expected the name of a header");
        }

        if (rule.UseQuery && rule.QueryName.Length == 0)
        {
            fields.AddMistake("auth.query_name", "expected the name of a parameter");
        }

        return rule;
    }

    private ImmutableArray<EndpointDefinition>? Endpoints(DefinitionFields fields, out FrozenSet<string> passed)
    {
        passed = FrozenSet<string>.Empty;
        if (fields.RequiredObject("version_data")?.RequiredObject("default") is not { } version)
        {
            return null;
        }

        passed = PassedHeaders(version);
        var added = AddHeaders(version);
        var read = version.RequiredObjects("endpoints")?.Select(endpoint => reader.Read(endpoint, added)).ToList();
        return read is not null && read.All(endpoint => endpoint is not null) ? [.. read.OfType<EndpointDefinition>()] : null;
    }

    private static FrozenSet<string> PassedHeaders(DefinitionFields version)
    {
        const string Name = "pass_request_headers";
        var names = version.Texts(Name);
        if (!names.TrueForAll(StrictRequest.IsName))
        {
            version.AddMistake(Name, "expected names of headers");
        }

        return names.ToFrozenSet(StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>Null if the definition names no headers to add.</summary>
    private static ImmutableArray<KeyValuePair<string, string>>? AddHeaders(DefinitionFields version)
    {
        if (version.Object("transform_request_headers")?.Object("add_headers") is not { } given)
        {
            return null;
        }

        var headers = ImmutableArray.CreateBuilder<KeyValuePair<string, string>>();
        foreach (var name in given.Names())
        {
            if (!StrictRequest.IsName(name) || ConnectionHeaders.Contains(name))
            {
                given.AddMistake(name, "expected the name of a header that does not belong to the connection");
            }
            else if (!given.Has(name))
            {
                given.AddMistake(name, "expected text");
            }
            else if (given.Text(name) is { } value)
            {
                headers.Add(new(name, value));
            }
        }

        return headers.ToImmutable();
    }

    private ApiTarget? Target(DefinitionFields fields, bool isWritten)
    {
        if (fields.RequiredObject("proxy") is not { } proxy)
        {
            return null;
        }

        var (useEnv, url, port) = (proxy.RequiredBool("use_env"), proxy.RequiredText("target_url"), proxy.Integer("port", 1, 65_535));
        if (!proxy.Has("port"))
        {
            proxy.AddMistake("port", "expected an integer from 1 to 65535, and it is missing");
        }

        var version = proxy.Text("http_version") ?? "1.1";
        if (version is not ("1.1" or "2"))
        {
            proxy.AddMistake("http_version", "expected \"1.1\" or \"2\"");
        }

        if (useEnv is true && url is { } variable && (variable.Length == 0 || variable.AsSpan().ContainsAny('=', ' ', ':')))
        {
            proxy.AddMistake("target_url", "expected the name of an environment variable, since use_env is true");
        }

        if (useEnv is false && url is not null && !ApiTarget.TryParse(url, port ?? 1, out _))
        {
            proxy.AddMistake("target_url", "expected a host, with http:// or https:// before it or not, without a port or a path");
        }

        if (isWritten && useEnv is true && url is not null && OwnVariables.Include(url))
        {
            proxy.AddMistake("target_url", "expected a variable that is no setting of the gateway");
        }

        if (isWritten && useEnv is false && url is not null && port is { } own && IsOwnApi(url, own))
        {
            proxy.AddMistake("port", "expected another port: on this machine it is that of the gateway's own API");
        }

        return new ApiTarget(useEnv ?? false, url ?? "", port ?? 0, version == "2");
    }

    private bool IsOwnApi(string host, int port)
        => apiPorts.Contains(port) && ApiTarget.TryParse(host, port, out var address) && OwnMachine.IsLiteral(new Uri(address).Host);
}
