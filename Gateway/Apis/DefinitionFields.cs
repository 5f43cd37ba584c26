using System.Text.Json;
using RigKafka.Messages;

namespace RigKafka.Apis;

/// <summary>
/// Reads the members of one JSON object in a definition. A mistake is noted with its place, and the member counts as missing, so that the
/// rest is checked too.
/// </summary>
internal readonly struct DefinitionFields(JsonElement json, string place, List<string> mistakes)
{
    public JsonElement Json => json;

    /// <summary>Whether the member is there; null counts as absent.</summary>
    public bool Has(string name) => Member(name, out _);

    public string? RequiredText(string name)
    {
        if (!Member(name, out _))
        {
            AddMistake(name, "expected text, and it is missing");
            return null;
        }

        return Text(name);
    }

    /// <summary>Null if the member is missing, or is not text, which is noted.</summary>
    public string? Text(string name)
    {
        if (!Member(name, out var value))
        {
            return null;
        }

        if (value.Text() is { } text && !text.Any(char.IsControl))
        {
            return text;
        }

        AddMistake(name, "expected text without control characters");
        return null;
    }

    /// <summary>Empty if the member is missing, or is not an array of texts, which is noted.</summary>
    public List<string> Texts(string name)
    {
        if (!Member(name, out var value))
        {
            return [];
        }

        if (value.ValueKind == JsonValueKind.Array
            && value.EnumerateArray().Select(StrictJson.Text).ToList() is var texts && !texts.Contains(null))
        {
            return texts!;
        }

        AddMistake(name, "expected an array of texts");
        return [];
    }

    public bool? RequiredBool(string name)
    {
        if (!Member(name, out _))
        {
            AddMistake(name, "expected true or false, and it is missing");
            return null;
        }

        return Bool(name);
    }

    public bool? Bool(string name)
    {
        if (!Member(name, out var value))
        {
            return null;
        }

        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False)
        {
            return value.GetBoolean();
        }

        AddMistake(name, "expected true or false");
        return null;
    }

    public int? Integer(string name, int least, int most)
    {
        if (!Member(name, out var value))
        {
            return null;
        }

        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number >= least && number <= most)
        {
            return number;
        }

        AddMistake(name, $"expected an integer from {least} to {most}");
        return null;
    }

    public DefinitionFields? Object(string name)
    {
        if (!Member(name, out var value))
        {
            return null;
        }

        if (value.ValueKind == JsonValueKind.Object)
        {
            return new DefinitionFields(value, Place(name), mistakes);
        }

        AddMistake(name, "expected an object");
        return null;
    }

    public DefinitionFields? RequiredObject(string name)
    {
        if (!Member(name, out _))
        {
            AddMistake(name, "expected an object, and it is missing");
            return null;
        }

        return Object(name);
    }

    /// <summary>The objects of an array; other elements are noted. Null if the array is missing, which is noted.</summary>
    public List<DefinitionFields>? RequiredObjects(string name)
    {
        if (!Member(name, out var value) || value.ValueKind != JsonValueKind.Array)
        {
            AddMistake(name, "expected an array of objects" + (Has(name) ? "" : ", and it is missing"));
            return null;
        }

        var elements = new List<DefinitionFields>();
        var index = 0;
        foreach (var element in value.EnumerateArray())
        {
            var at = $"{Place(name)}[{index++}]";
            if (element.ValueKind == JsonValueKind.Object)
            {
                elements.Add(new DefinitionFields(element, at, mistakes));
            }
            else
            {
                mistakes.Add($"{at}: expected an object.");
            }
        }

        return elements;
    }

    /// <summary>The names of all members, in their order.</summary>
    public IEnumerable<string> Names() => json.EnumerateObject().Select(member => member.Name).ToList();

    public void AddMistake(string name, string why) => mistakes.Add($"{Place(name)}: {why}.");

    private string Place(string name) => place.Length == 0 ? name : $"{place}.{name}";

    private bool Member(string name, out JsonElement value)
        => json.TryGetProperty(name, out value) && value.ValueKind != JsonValueKind.Null;
}
