using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Configuration;
using RigKafka.Settings;

namespace RigKafka.Tests.Settings;

/// <summary>One setting of each kind.</summary>
internal sealed class SampleOptions : IValidatableObject
{
    [ConfigurationKeyName("T_FLAG")]
    public bool Flag { get; set; } = true;

    [ConfigurationKeyName("T_NUMBER")]
    [Description("How many.")]
    [Range(1, 100)]
    public int Number { get; set; } = 7;

    [ConfigurationKeyName("T_TEXT")]
    public string Text { get; set; } = "text";

    [ConfigurationKeyName("T_CHOICE")]
    [AllowedValues("red", "green")]
    public string Choice { get; set; } = "red";

    [ConfigurationKeyName("T_LIST")]
    public IReadOnlyList<string> List { get; set; } = ["a", "b"];

    [ConfigurationKeyName("T_SECRET")]
    [Secret]
    public string Secret { get; set; } = "";

    [ConfigurationKeyName("T_KEY")]
    [Secret(KeepsLineBreak = true)]
    public string Key { get; set; } = "";

    [ConfigurationKeyName("T_PORT")]
    public int Port { get; set; } = 10;

    [ConfigurationKeyName("T_PIN")]
    [Secret]
    public int Pin { get; set; }

    [ConfigurationKeyName("T_CLIENT_")]
    public IReadOnlyDictionary<string, string> Client { get; set; } = new Dictionary<string, string>();

    public string NoSetting { get; set; } = "";

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Text == "forbidden")
        {
            yield return new ValidationResult("T_TEXT=forbidden: expected another text.");
        }
    }
}
