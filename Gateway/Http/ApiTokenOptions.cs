using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using RigKafka.Settings;

namespace RigKafka.Http;

/// <summary>Who may call the API.</summary>
internal sealed class ApiTokenOptions : IValidatableObject
{
    [ConfigurationKeyName("API_TOKEN")]
    [Description("The tokens of which every call to /v1 on the API port must have one, as Authorization: Bearer. There may be several, "
        + "so that one can replace another. When empty, everybody who reaches the port may call.")]
    [Secret(IsRenewed = true)]
    public IReadOnlyList<string> Tokens { get; set; } = [];

    public bool AreSet => Tokens.Count > 0;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Tokens.Any(token => token.Any(character => character is <= ' ' or > '~')))
        {
            yield return new ValidationResult("API_TOKEN=(hidden): expected visible ASCII characters, which a header can carry.");
        }
    }
}
