using System.Text.Json;
using RigKafka.Messages;

namespace RigKafka.Apis;

/// <summary>The members of one JSON object in a definition. What is wrong with one is noted with its place, and a stand-in is given, so that the rest can be checked too.</summary>
internal readonly struct Fields(JsonElement json, string place, List<string> mistakes)
{
    public JsonElement Json => json;

    /// <summary>Whether the member is there; null counts as absent.</summary>
    public bool Has(string name) => Member(name, out _);

    public string? RequiredText(string name)
    {
        if (!Member(name, out _))
        {
            Refuse(name, "expected text, and it is missing");
            return null;
        }

        return Text(name);
    }

    /// <summary>Null when the member is missing, or is no text, which is noted.</summary>
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

        Refuse(name, "expected text without control characters");
        return null;
    }

    /// <summary>Empty when the member is missing, or is no array of text, which is noted.</summary>
    public List<string> Texts(string name)
    {
        if (!Member(name, out var value))
        {
            return [];
        }

        if (value.ValueKind == JsonValueKind.Array && value.EnumerateArray().Select(StrictJson.Text).ToList() is var texts && !texts.Contains(null))
        {
            return texts!;
        }

        Refuse(name, "expected an array of texts");
        return [];
    }

    public bool? RequiredBool(string name)
    {
        if (!Member(name, out _))
        {
            Refuse(name, "expected true or false, and it is missing");
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

        Refuse(name, "expected true or false");
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

        Refuse(name, $"expected an integer from {least} to {most}");
        return null;
    }

    public Fields? Object(string name)
    {
        if (!Member(name, out var value))
        {
            return null;
        }

        if (value.ValueKind == JsonValueKind.Object)
        {
            return new Fields(value, Place(name), mistakes);
        }

        Refuse(name, "expected an object");
        return null;
    }

    public Fields? RequiredObject(string name)
    {
        if (!Member(name, out _))
        {
            Refuse(name, "expected an object, and it is missing");
            return null;
        }

        return Object(name);
    }

    /// <summary>The elements of an array of objects, those that are none left out and noted; null when the array is missing, which is noted.</summary>
    public List<Fields>? RequiredObjects(string name)
    {
        if (!Member(name, out var value) || value.ValueKind != JsonValueKind.Array)
        {
            Refuse(name, "expected an array of objects" + (Has(name) ? "" : ", and it is missing"));
            return null;
        }

        var elements = new List<Fields>();
        var index = 0;
        foreach (var element in value.EnumerateArray())
        {
            var at = $"{Place(name)}[{index++}]";
            if (element.ValueKind == JsonValueKind.Object)
            {
                elements.Add(new Fields(element, at, mistakes));
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

    public void Refuse(string name, string why) => mistakes.Add($"{Place(name)}: {why}.");

    private string Place(string name) => place.Length == 0 ? name : $"{place}.{name}";

    private bool Member(string name, out JsonElement value) => json.TryGetProperty(name, out value) && value.ValueKind != JsonValueKind.Null;
}
