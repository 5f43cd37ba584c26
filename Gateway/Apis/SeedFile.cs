using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using RigKafka.Messages;
using RigKafka.Settings;

namespace RigKafka.Apis;

/// <summary>The definitions that a node starts with.</summary>
/// <param name="Definitions">All definitions of the file.</param>
/// <param name="Hash">The hash of the text, which shows whether the file has changed; empty without a file.</param>
internal sealed record SeedFile(ImmutableArray<ApiDefinition> Definitions, string Hash)
{
    public const string Setting = "PROXY_CONFIG_FILE";

    public static readonly SeedFile None = new([], "");

    /// <summary>Reads a file, or the JSON itself, and reports every mistake.</summary>
    public static SeedFile Read(string setting, DefinitionReader reader, DefinitionDefaults defaults, Action<string> addMistake)
    {
        if (setting.Length == 0)
        {
            return None;
        }

        if (TryReadText(setting, addMistake) is not { } text)
        {
            return None;
        }

        if (DefinitionJson.TryParse(text, out var why) is not { } json)
        {
            addMistake($"{Setting}: {why}.");
            return None;
        }

        if (json.ValueKind != JsonValueKind.Array)
        {
            addMistake($"{Setting}: expected a JSON array of API definitions.");
            return None;
        }

        var mistakes = new List<string>();
        var definitions = new List<ApiDefinition>();
        var index = 0;
        foreach (var element in json.EnumerateArray())
        {
            var place = $"[{index++}]";
            var complete = element.ValueKind == JsonValueKind.Object
                ? DefinitionJson.ToElement(defaults.Complete(DefinitionJson.ToObject(element)))
                : element;
            if (reader.Read(complete, mistakes, place, isWritten: true) is { } definition)
            {
                if (definitions.Any(earlier => earlier.Id == definition.Id))
                {
                    mistakes.Add($"{place}.id: {definition.Id} is there twice.");
                }

                definitions.Add(definition);
            }
        }

        mistakes.ForEach(mistake => addMistake($"{Setting}: {mistake}"));
        var hash = Convert.ToHexStringLower(SHA256.HashData(StrictJson.SkipByteOrderMark(text.AsSpan())))[..16];
        return new SeedFile([.. definitions], hash);
    }

    private static byte[]? TryReadText(string setting, Action<string> addMistake)
    {
        if (setting.AsSpan().TrimStart() is ['[' or '{', ..])
        {
            return Encoding.UTF8.GetBytes(setting);
        }

        try
        {
            return File.ReadAllBytes(setting);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            // The reason may quote the setting, which may be JSON with a broken beginning.
            var shown = ShownText.Of(setting);
            var reason = shown == setting ? $" {failure.Message}" : "";
            addMistake($"{Setting}={shown}: expected a file that can be read, or a JSON array.{reason}");
            return null;
        }
    }
}
