using System.Globalization;
using System.Text.Json.Nodes;

namespace RigKafka.Apis;

/// <summary>
/// Fills in what a definition leaves out. As in the original, only the top level is filled in: an object that is given replaces the whole
/// default.
/// </summary>
internal sealed class DefinitionDefaults(TimeProvider time)
{
    private const string Jwt = "jwt";

    public JsonObject Complete(JsonObject given)
    {
        var complete = (JsonObject)given.DeepClone();
        Default(complete, "active", () => true);
        Default(complete, "auth_type", () => "none");
        Default(complete, "auth", NoAuth);
        Default(complete, "versioned", () => false);
        Default(complete, "ref_number", () => 0);
        Default(complete, "timestamp", () => Timestamp());
        Default(complete, "node_name", () => NodeName());
        if (IsJwt(complete["auth_type"]) && complete["auth"] is JsonObject auth)
        {
            auth["use_header"] = true;
            auth["header_name"] = "Authorization";
        }

        return complete;
    }

    /// <summary>Replaces the members of a definition that are given, at the top level. The id stays.</summary>
    public JsonObject Merge(JsonObject present, JsonObject given)
    {
        var merged = (JsonObject)present.DeepClone();
        foreach (var (name, value) in given)
        {
            merged[name] = value?.DeepClone();
        }

        merged["id"] = present["id"]!.DeepClone();
        return Stamp(merged, present);
    }

    /// <summary>Marks a definition as changed: counts the change, and notes when and on which node it was made.</summary>
    public JsonObject Stamp(JsonObject changed, JsonObject present)
    {
        changed["ref_number"] = (present["ref_number"] is JsonValue number && number.TryGetValue(out int count) ? count : 0) + 1;
        changed["timestamp"] = Timestamp();
        changed["node_name"] = NodeName();
        return changed;
    }

    private static void Default(JsonObject json, string name, Func<JsonNode> value)
    {
        if (json[name] is null)
        {
            json[name] = value();
        }
    }

    private static JsonObject NoAuth()
        => new() { ["use_header"] = false, ["header_name"] = "", ["use_query"] = false, ["query_name"] = "" };

    private static bool IsJwt(JsonNode? type) => type is JsonValue value && value.TryGetValue(out string? text) && text == Jwt;

    private string Timestamp() => time.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);

    private static string NodeName() => $"rig@{Environment.MachineName}";
}
