using System.Text.Json;
using System.Text.Json.Nodes;
using Json.Schema;
using NUnit.Framework;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.OpenApi;

/// <summary>A node's description of its API. It checks answers against it and remembers which it has seen.</summary>
internal sealed class ApiDocument(string text)
{
    private const string NoContentType = "*/*";

    private static readonly string[] Methods = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

    private readonly JsonNode _document = JsonNode.Parse(text)!;
    private readonly HashSet<string> _seen = [];

    public string Text => text;

    public static async Task<ApiDocument> Of(GatewayNode node)
    {
        using var answer = await node.GetApi("/openapi/v1.json");
        return new ApiDocument(await answer.Content.ReadAsStringAsync());
    }

    /// <summary>Each method and path, as <c>GET /v1/apis/{id}</c>.</summary>
    public IEnumerable<string> Operations =>
        from path in _document["paths"]!.AsObject()
        from operation in path.Value!.AsObject()
        where Methods.Contains(operation.Key)
        select $"{operation.Key.ToUpperInvariant()} {path.Key}";

    /// <summary>Each operation with each status that it may answer, as <c>GET /v1/apis/{id} 404</c>.</summary>
    public IEnumerable<string> Answers => Operations.SelectMany(operation => Operation(operation)["responses"]!.AsObject().Select(answer => $"{operation} {answer.Key}"));

    public IEnumerable<string> NotSeen => Answers.Except(_seen);

    /// <summary>Whether an operation asks for a token, where there are any.</summary>
    public bool IsGuarded(string operation) => (Operation(operation)["security"] ?? _document["security"])!.AsArray().Count > 0;

    /// <summary>The answer is as it says here: its status, its headers and its body.</summary>
    public async Task Check(string operation, HttpResponseMessage answer, string? body = null)
    {
        body ??= await answer.Content.ReadAsStringAsync().Soon();
        Check(operation, (int)answer.StatusCode, answer.Headers.ToDictionary(header => header.Key, header => header.Value.First(), StringComparer.OrdinalIgnoreCase), answer.Content.Headers.ContentType?.MediaType, body);
    }

    public void Check(string operation, int status, IReadOnlyDictionary<string, string> headers, string? mediaType, string body)
    {
        var name = $"{operation} {status}";
        Assert.That(Answers, Does.Contain(name), $"{name} is not documented: {body}");
        var documented = Resolve(Operation(operation)["responses"]![$"{status}"]!);
        foreach (var (header, reference) in documented["headers"]!.AsObject())
        {
            var described = Resolve(reference!);
            Assert.That(headers.ContainsKey(header), Is.True, $"{name} has no {header}");
            AssertMatches(described["schema"]!, described["schema"]!["type"]!.GetValue<string>() == "integer" ? JsonNode.Parse(headers[header]) : headers[header], $"{name}, {header}");
        }

        if (documented["content"] is { } contents)
        {
            var content = contents[mediaType ?? NoContentType];
            Assert.That(content, Is.Not.Null, $"{name} has the content type {mediaType}");
            AssertMatches(content!["schema"]!, mediaType == "application/json" ? JsonNode.Parse(body) : body, $"{name}, {body}");
        }
        else
        {
            Assert.That(body, Is.Empty, name);
        }

        _seen.Add(name);
    }

    private JsonObject Operation(string operation)
    {
        var parts = operation.Split(' ');
        return _document["paths"]![parts[1]]![parts[0].ToLowerInvariant()]!.AsObject();
    }

    private JsonNode Resolve(JsonNode node) => node["$ref"] is { } reference
        ? reference.GetValue<string>().Split('/').Skip(1).Aggregate(_document, (found, step) => found[step]!)
        : node;

    private void AssertMatches(JsonNode schema, JsonNode? value, string what)
    {
        var whole = (JsonObject)schema.DeepClone();
        whole["$defs"] = _document["components"]!["schemas"]!.DeepClone();
        var parsed = JsonSchema.FromText(whole.ToJsonString().Replace("#/components/schemas/", "#/$defs/", StringComparison.Ordinal));
        var result = parsed.Evaluate(JsonSerializer.SerializeToElement(value), new EvaluationOptions { OutputFormat = OutputFormat.List });
        Assert.That(result.IsValid, Is.True, () => $"{what} is not as documented: {JsonSerializer.Serialize(result)}");
    }
}
