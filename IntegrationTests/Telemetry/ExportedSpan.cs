using System.Text;

namespace RigKafka.IntegrationTests.Telemetry;

/// <summary>A span as the OpenTelemetry protocol has it, read by hand from protobuf.</summary>
internal sealed record ExportedSpan(string Service, string Trace, string Id, string Parent, string Name, IReadOnlyDictionary<string, string> Tags)
{
    /// <summary>The spans of an <c>ExportTraceServiceRequest</c>; the numbers are those of its fields.</summary>
    public static IEnumerable<ExportedSpan> ReadAll(byte[] request)
    {
        foreach (var resourceSpans in Fields(request, 1))
        {
            var resource = Fields(resourceSpans, 1).SelectMany(one => Fields(one, 1)).Select(Attribute).ToDictionary();
            foreach (var span in Fields(resourceSpans, 2).SelectMany(scope => Fields(scope, 2)))
            {
                yield return new ExportedSpan(
                    resource["service.name"],
                    Convert.ToHexStringLower(Fields(span, 1).Single()),
                    Convert.ToHexStringLower(Fields(span, 2).Single()),
                    Convert.ToHexStringLower(Fields(span, 4).SingleOrDefault() ?? []),
                    Encoding.UTF8.GetString(Fields(span, 5).Single()),
                    Fields(span, 9).Select(Attribute).ToDictionary());
            }
        }
    }

    /// <summary>One that is no text has no value here.</summary>
    private static KeyValuePair<string, string> Attribute(byte[] attribute) => new(
        Encoding.UTF8.GetString(Fields(attribute, 1).Single()),
        Encoding.UTF8.GetString(Fields(Fields(attribute, 2).Single(), 1).FirstOrDefault() ?? []));

    /// <summary>The values of a field that have a length of their own.</summary>
    private static IEnumerable<byte[]> Fields(byte[] message, int number)
    {
        for (var at = 0; at < message.Length;)
        {
            var tag = Number(message, ref at);
            switch (tag & 7)
            {
                case 0:
                    Number(message, ref at);
                    break;
                case 1:
                    at += 8;
                    break;
                case 2:
                    var length = (int)Number(message, ref at);
                    if ((int)(tag >> 3) == number)
                    {
                        yield return message[at..(at + length)];
                    }

                    at += length;
                    break;
                default:
                    at += 4;
                    break;
            }
        }
    }

    private static ulong Number(byte[] message, ref int at)
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
