using System.Diagnostics;
using System.Text;

namespace RigKafka.IntegrationTests.Telemetry;

/// <summary>A span as the OpenTelemetry protocol has it, read by hand from protobuf.</summary>
/// <param name="Resource">The attributes of what made it.</param>
/// <param name="Trace">The trace that it belongs to.</param>
/// <param name="Id">Its id.</param>
/// <param name="Parent">The id of the span above it.</param>
/// <param name="Name">What it is called.</param>
/// <param name="Kind">What it is to the one that it speaks with.</param>
/// <param name="Tags">Its attributes; numbers as they are written.</param>
/// <param name="Links">The trace and id of each span that it is linked with.</param>
/// <param name="IsError">Whether its status says that it failed.</param>
internal sealed record ExportedSpan(
    IReadOnlyDictionary<string, string> Resource, string Trace, string Id, string Parent, string Name, ActivityKind Kind, IReadOnlyDictionary<string, string> Tags, IReadOnlyList<string> Links, bool IsError)
{
    /// <summary>The numbers of <c>Span.SpanKind</c>.</summary>
    private static readonly ActivityKind[] Kinds = [ActivityKind.Internal, ActivityKind.Internal, ActivityKind.Server, ActivityKind.Client, ActivityKind.Producer, ActivityKind.Consumer];

    public string Service => Resource["service.name"];

    public string Node => Resource["service.instance.id"];

    /// <summary>The spans of an <c>ExportTraceServiceRequest</c>; the numbers are those of its fields.</summary>
    public static IEnumerable<ExportedSpan> ReadAll(byte[] request)
    {
        foreach (var resourceSpans in Fields(request, 1))
        {
            var resource = Fields(resourceSpans, 1).SelectMany(one => Fields(one, 1)).Select(Attribute).ToDictionary();
            foreach (var span in Fields(resourceSpans, 2).SelectMany(scope => Fields(scope, 2)))
            {
                yield return new ExportedSpan(
                    resource,
                    Hex(span, 1),
                    Hex(span, 2),
                    Hex(span, 4),
                    Encoding.UTF8.GetString(Fields(span, 5).Single()),
                    Kinds[Numbers(span, 6).LastOrDefault()],
                    Fields(span, 9).Select(Attribute).ToDictionary(),
                    [.. Fields(span, 13).Select(link => $"{Hex(link, 1)}-{Hex(link, 2)}")],
                    Fields(span, 15).SelectMany(status => Numbers(status, 3)).LastOrDefault() == 2);
            }
        }
    }

    private static string Hex(byte[] message, int number) => Convert.ToHexStringLower(Fields(message, number).SingleOrDefault() ?? []);

    /// <summary>One that is neither text nor an integer has no value here.</summary>
    private static KeyValuePair<string, string> Attribute(byte[] attribute)
    {
        var value = Fields(attribute, 2).Single();
        return new(
            Encoding.UTF8.GetString(Fields(attribute, 1).Single()),
            Fields(value, 1).FirstOrDefault() is { } text ? Encoding.UTF8.GetString(text) : string.Join("", Numbers(value, 3)));
    }

    /// <summary>The values of a field that have a length of their own.</summary>
    private static IEnumerable<byte[]> Fields(byte[] message, int number) => All(message).Where(field => field.Number == number && field.Bytes is not null).Select(field => field.Bytes!);

    /// <summary>The values of a field that are numbers.</summary>
    private static IEnumerable<ulong> Numbers(byte[] message, int number) => All(message).Where(field => field.Number == number && field.Bytes is null).Select(field => field.Value);

    private static IEnumerable<(int Number, ulong Value, byte[]? Bytes)> All(byte[] message)
    {
        for (var at = 0; at < message.Length;)
        {
            var tag = Varint(message, ref at);
            var number = (int)(tag >> 3);
            switch (tag & 7)
            {
                case 0:
                    yield return (number, Varint(message, ref at), null);
                    break;
                case 1:
                    at += 8;
                    break;
                case 2:
                    var length = (int)Varint(message, ref at);
                    yield return (number, 0, message[at..(at + length)]);
                    at += length;
                    break;
                default:
                    at += 4;
                    break;
            }
        }
    }

    private static ulong Varint(byte[] message, ref int at)
    {
        ulong number = 0;
        for (var shift = 0; ; shift += 7)
        {
            var part = message[at++];
            number |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80)
            {
                return number;
            }
        }
    }
}
