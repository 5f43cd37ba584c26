using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using RigKafka.Messages;

namespace RigKafka.Publishing;

/// <summary>
/// The fields of a query string or a form: <c>a=1</c>, <c>a[]=1</c> (list), <c>a[k]=1</c> (object), nested as deep as a message may be. Of
/// two that contradict each other the later one counts.
/// </summary>
internal sealed class Params
{
    /// <summary>A value is null, a string, a list, or another dictionary. The last pair is first: see <see cref="TryCreate"/>.</summary>
    private readonly OrderedDictionary<string, object?> _fields = [];

    private Params()
    {
    }

    public int Count => _fields.Count;

    /// <summary>False if the pairs are nested deeper than a message may be.</summary>
    public static bool TryCreate(List<KeyValuePair<string, string?>> pairs, [NotNullWhen(true)] out Params? created)
    {
        created = new Params();
        // From the last to the first, so that the later one is there already and stays.
        for (var i = pairs.Count - 1; i >= 0; i--)
        {
            var path = PathOf(pairs[i].Key);
            if (path.Length > Message.MaxDepth)
            {
                created = null;
                return false;
            }

            Assign(created._fields, path, pairs[i].Value);
        }

        return true;
    }

    public void Remove(string name) => _fields.Remove(name);

    /// <summary>Adds the fields that this one lacks.</summary>
    public void AddMissing(Params others)
    {
        foreach (var (name, value) in others._fields)
        {
            _fields.TryAdd(name, value);
        }
    }

    public void WriteObject(IBufferWriter<byte> output) => WriteObject(output, _fields);

    /// <summary>Writes the fields without the braces of an object.</summary>
    public void WriteFields(IBufferWriter<byte> output) => WriteFields(output, _fields);

    /// <summary><c>a[b][]</c> is a, b and an empty step. A name that does not end with a bracket is one step.</summary>
    private static string[] PathOf(string name)
    {
        if (!name.EndsWith(']'))
        {
            return [name];
        }

        var inner = name[..^1];
        var bracket = inner.IndexOf('[', StringComparison.Ordinal);
        return bracket < 0 ? [inner] : [inner[..bracket], .. inner[(bracket + 1)..].Split("][")];
    }

    private static void Assign(OrderedDictionary<string, object?> fields, ReadOnlySpan<string> path, string? value)
    {
        var name = path[0];
        switch (path)
        {
            case [_]:
                fields.TryAdd(name, value);
                break;
            case [_, "", .. var rest]:
                if (ChildOf<List<object?>>(fields, name) is { } list)
                {
                    Append(list, rest, value);
                }

                break;
            default:
                if (ChildOf<OrderedDictionary<string, object?>>(fields, name) is { } child)
                {
                    Assign(child, path[1..], value);
                }

                break;
        }
    }

    /// <summary><c>a[]</c> without a value makes an empty list.</summary>
    private static void Append(List<object?> list, ReadOnlySpan<string> rest, string? value)
    {
        if (rest.Length > 0)
        {
            var element = new OrderedDictionary<string, object?>();
            Assign(element, rest, value);
            list.Add(element);
        }
        else if (value is not null)
        {
            list.Add(value);
        }
    }

    private static TChild? ChildOf<TChild>(OrderedDictionary<string, object?> fields, string name)
        where TChild : class, new()
    {
        if (fields.TryGetValue(name, out var present))
        {
            return present as TChild;
        }

        var child = new TChild();
        fields.Add(name, child);
        return child;
    }

    private static void WriteObject(IBufferWriter<byte> output, OrderedDictionary<string, object?> fields)
    {
        output.Write("{"u8);
        WriteFields(output, fields);
        output.Write("}"u8);
    }

    private static void WriteFields(IBufferWriter<byte> output, OrderedDictionary<string, object?> fields)
    {
        for (var i = fields.Count - 1; i >= 0; i--)
        {
            var (name, value) = fields.GetAt(i);
            JsonText.WriteString(output, name);
            output.Write(":"u8);
            WriteValue(output, value);
            output.Write(i > 0 ? ","u8 : ""u8);
        }
    }

    private static void WriteValue(IBufferWriter<byte> output, object? value)
    {
        switch (value)
        {
            case string text:
                JsonText.WriteString(output, text);
                break;
            case OrderedDictionary<string, object?> child:
                WriteObject(output, child);
                break;
            case List<object?> list:
                output.Write("["u8);
                for (var i = list.Count - 1; i >= 0; i--)
                {
                    WriteValue(output, list[i]);
                    output.Write(i > 0 ? ","u8 : ""u8);
                }

                output.Write("]"u8);
                break;
            default:
                output.Write("null"u8);
                break;
        }
    }
}
